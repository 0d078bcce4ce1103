import { readFileSync } from 'node:fs';
import type { JsonObject } from '../../src/domain/signing/canonical-json.js';

interface SigningVector {
  readonly label?: string;
  readonly server_name: string;
  readonly key_id: string;
  readonly input: JsonObject;
  readonly signature: string;
  readonly output: JsonObject;
}

interface Vectors {
  readonly unpadded_base64: { readonly vectors: readonly { readonly utf8: string; readonly encoded: string }[] };
  readonly canonical_json: {
    readonly vectors: readonly { readonly input_json: string; readonly canonical: string }[];
    readonly must_be_refused: { readonly input_json: readonly string[] };
  };
  readonly signing: {
    readonly seed_unpadded_base64: string;
    readonly public_key_unpadded_base64: string;
    readonly spec: {
      readonly server_name: string;
      readonly key_id: string;
      readonly vectors: readonly Omit<SigningVector, 'server_name' | 'key_id'>[];
    };
    readonly derived: { readonly vectors: readonly SigningVector[] };
  };
  readonly lookup_hash: {
    readonly vectors: readonly {
      readonly address: string;
      readonly medium: 'email' | 'msisdn';
      readonly pepper: string;
      readonly hash: string;
    }[];
  };
  readonly email_normalisation: {
    readonly vectors: readonly {
      readonly input: string;
      readonly casefolded: string;
      readonly to_lower_case: string;
    }[];
  };
  readonly msisdn: { readonly valid: readonly string[]; readonly invalid: readonly string[] };
  readonly server_names: Readonly<Record<'valid' | 'invalid', { readonly values: readonly string[] }>>;
  readonly user_ids: Readonly<
    Record<'valid' | 'historical_must_be_accepted' | 'invalid', { readonly values: readonly string[] }>
  >;
  readonly x_matrix: {
    readonly requests: readonly {
      readonly label: string;
      readonly method: string;
      readonly uri: string;
      readonly body: JsonObject;
      readonly identity_server_name: string;
      readonly authorization: string;
      readonly expect: 'accept' | 'reject';
    }[];
    readonly header_parsing: {
      readonly vectors: readonly { readonly header: string; readonly parsed: JsonObject | null }[];
    };
  };
}

/** Examples of the specification, and further ones made by its rules. */
export const vectors = JSON.parse(readFileSync(new URL('../spec/vectors.json', import.meta.url), 'utf8')) as Vectors;

/** Every signing example, the specification's first. */
export const signingVectors: readonly SigningVector[] = [
  ...vectors.signing.spec.vectors.map((vector) => ({ ...vectors.signing.spec, ...vector })),
  ...vectors.signing.derived.vectors,
];
