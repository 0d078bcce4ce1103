/*
 * A disk that forgets what was not synced: whenever a process syncs an SQLite file or its log, the file as it is then
 * is kept beside it as FILE.synced. After a power cut that is what there would be.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int ends_with(const char *text, const char *end) {
  size_t length = strlen(text), rest = strlen(end);
  return length >= rest && strcmp(text + length - rest, end) == 0;
}

static void keep(int fd) {
  char link[64], path[4096], draft[4200], kept[4200], buffer[65536];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return;
  path[length] = 0;
  if (!ends_with(path, ".db") && !ends_with(path, ".db-wal")) return;
  snprintf(draft, sizeof draft, "%s.%d.%d.draft", path, (int)getpid(), fd);
  snprintf(kept, sizeof kept, "%s.synced", path);
  int to = open(draft, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (to < 0) return;
  off_t at = 0;
  ssize_t count;
  /* By the descriptor that is open: closing another one would end the locks of SQLite. */
  while ((count = pread(fd, buffer, sizeof buffer, at)) > 0) {
    if (write(to, buffer, count) != count) break;
    at += count;
  }
  close(to);
  rename(draft, kept);
}

typedef int (*sync_function)(int);

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
