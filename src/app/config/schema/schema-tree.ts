import { isOption, type Option, type Section } from './schema.js';

/** An option with its path. */
export interface Place {
  readonly path: readonly string[];
  readonly option: Option;
}

/** All options of a section, in order. */
export const optionsOf = (section: Section, at: readonly string[] = []): readonly Place[] =>
  Object.entries(section).flatMap(([key, below]) =>
    isOption(below) ? [{ path: [...at, key], option: below }] : optionsOf(below, [...at, key]),
  );

/** The same tree with each option replaced by the result of `make`. */
export function mapOptions<T>(section: Section, make: (place: Place) => T, at: readonly string[] = []): Tree<T> {
  return Object.fromEntries(
    Object.entries(section).map(([key, below]) => {
      const path = [...at, key];
      return [key, isOption(below) ? make({ path, option: below }) : mapOptions(below, make, path)];
    }),
  );
}

export interface Tree<T> {
  readonly [key: string]: T | Tree<T>;
}
