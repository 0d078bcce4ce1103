import { parse } from 'yaml';
import { z } from 'zod';
import { LANGUAGE } from './template-files.js';

/** The properties of a brand, from its `brand.yaml`. Additional keys are available to custom templates. */
export interface Brand {
  /** The name of the service in texts. */
  readonly name: string;
  /** Background color of buttons and highlights with white text: `#0e7c66` */
  readonly accent: string;
  /** The fallback language if none of the reader's languages is available. Absent: the configured one. */
  readonly language?: string;
  readonly [key: string]: string | undefined;
}

const BrandFile = z
  .object({
    name: z.string().min(1),
    accent: z.string().regex(/^#[0-9a-fA-F]{6}$/, 'must be a colour like #0e7c66'),
    language: z.string().regex(LANGUAGE, 'must be a language like en or pt-BR'),
  })
  .partial()
  .catchall(z.string());

/** Merges the brand's file over the shipped one, key by key. @throws naming the invalid key */
export function readBrand(file: string, shipped: string): Brand {
  return { ...check(shipped), ...check(file) } as Brand;
}

function check(text: string): z.infer<typeof BrandFile> {
  const result = BrandFile.safeParse(parse(text) ?? {});
  if (result.success) return result.data;
  throw new Error(result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
}
