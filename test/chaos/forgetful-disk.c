/*
 * Simulates a disk that loses unsynced data. Whenever a process syncs an SQLite file or its log, the current content of
 * the file is stored in the folder FORGETFUL_DISK as NAME.synced: this is the content after a power failure. While that
 * folder contains a file "read-only", writes to the database and its log fail.
 *
 * Several threads sync and write. A lock makes each copy a consistent snapshot, and keeps an older copy from replacing
 * a newer one: a log older than its database would look like damage that no disk causes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int ends_with(const char *text, const char *end) {
  size_t length = strlen(text), rest = strlen(end);
  return length >= rest && strcmp(text + length - rest, end) == 0;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Whether a descriptor is an SQLite file or its log, and its path. */
static int is_database(int fd, char *path, size_t size) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, size - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  return ends_with(path, "/islet.db") || ends_with(path, "/islet.db-wal");
}

static void copy(int fd) {
  char path[4096], draft[8400], kept[8400], buffer[65536];
  const char *folder = getenv("FORGETFUL_DISK");
  if (folder == NULL || !is_database(fd, path, sizeof path)) return;
  const char *name = strrchr(path, '/') + 1;
  snprintf(draft, sizeof draft, "%s/%s.%d.%d.draft", folder, name, (int)getpid(), fd);
  snprintf(kept, sizeof kept, "%s/%s.synced", folder, name);
  int to = open(draft, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (to < 0) return;
  off_t at = 0;
  ssize_t count;
  /* With the open descriptor: closing another one would release the locks of SQLite. */
  while ((count = pread(fd, buffer, sizeof buffer, at)) > 0) {
    if (write(to, buffer, count) != count) break;
    at += count;
  }
  close(to);
  if (count == 0) rename(draft, kept);
  else unlink(draft);
}

static void keep(int fd) {
  pthread_mutex_lock(&lock);
  copy(fd);
  pthread_mutex_unlock(&lock);
}

static int is_refused(int fd) {
  char path[4096], flag[4200];
  const char *folder = getenv("FORGETFUL_DISK");
  if (folder == NULL) return 0;
  snprintf(flag, sizeof flag, "%s/read-only", folder);
  return access(flag, F_OK) == 0 && is_database(fd, path, sizeof path);
}

typedef int (*sync_function)(int);
typedef int (*truncate_function)(int, off64_t);
typedef ssize_t (*write_function)(int, const void *, size_t, off64_t);

int fsync(int fd) {
  int result = ((sync_function)dlsym(RTLD_NEXT, "fsync"))(fd);
  if (result == 0) keep(fd);
  return result;
}

int fdatasync(int fd) {
  int result = ((sync_function)dlsym(RTLD_NEXT, "fdatasync"))(fd);
  if (result == 0) keep(fd);
  return result;
}

static ssize_t written(const char *function, int fd, const void *data, size_t size, off64_t at) {
  if (is_refused(fd)) {
    errno = EROFS;
    return -1;
  }
  write_function write_at = (write_function)dlsym(RTLD_NEXT, function);
  pthread_mutex_lock(&lock);
  ssize_t result = write_at(fd, data, size, at);
  int reason = errno;
  pthread_mutex_unlock(&lock);
  errno = reason;
  return result;
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
  return written("pwrite", fd, data, size, at);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
  return written("pwrite64", fd, data, size, at);
}

static int truncated(const char *function, int fd, off64_t size) {
  truncate_function truncate_to = (truncate_function)dlsym(RTLD_NEXT, function);
  pthread_mutex_lock(&lock);
  int result = truncate_to(fd, size);
  int reason = errno;
  pthread_mutex_unlock(&lock);
  errno = reason;
  return result;
}

int ftruncate(int fd, off_t size) {
  return truncated("ftruncate", fd, size);
}

int ftruncate64(int fd, off64_t size) {
  return truncated("ftruncate64", fd, size);
}
