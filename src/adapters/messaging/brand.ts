import { parse } from 'yaml';
import { z } from 'zod';
import { LANGUAGE } from './template-files.js';

/** What is different about a brand without a template of its own: its `brand.yaml`. Further keys are for own templates. */
export interface Brand {
  /** Whom texts speak for. */
  readonly name: string;
  /** Of buttons and marks, below white text: `#0e7c66` */
  readonly accent: string;
  /** For readers who want no language that exists; else the configured one. */
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

/** Lays the brand's file over the shipped one, key by key. @throws naming the key that is wrong */
export function readBrand(file: string, shipped: string): Brand {
  return { ...check(shipped), ...check(file) } as Brand;
}

function check(text: string): z.infer<typeof BrandFile> {
  const result = BrandFile.safeParse(parse(text) ?? {});
  if (result.success) return result.data;
  throw new Error(result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
}
