import { printableJson } from '../../domain/shared/printable.js';
import type { AdminClient } from './admin-client.js';
import type { Output } from './operations.js';

/** Prints a one-time link to the admin page. @returns the exit code */
export async function openPage(
  access: Pick<AdminClient, 'openPage'>,
  { isJson, style, print }: Output,
): Promise<number> {
  const { url, endsAt } = await access.openPage();
  if (isJson) print(printableJson({ url, endsAt }));
  else {
    print(url);
    print(
      style.dim(
        `It works once, until ${new Date(endsAt).toISOString().slice(11, 19)} UTC, and signs a browser in for an hour.`,
      ),
    );
  }
  return 0;
}
