import { withSources } from './source-maps.js';

/**
 * The parts of an error that are logged. Other properties attached by libraries (headers, rows, packets) are omitted.
 */
export interface ErrorReport {
  readonly name: string;
  readonly message: string;
  readonly code?: string | number;
  readonly stack?: string;
  readonly cause?: ErrorReport;
  /** The errors inside an `AggregateError`. */
  readonly errors?: readonly ErrorReport[];
}

/** Longer chains of causes, and cycles, are cut here. */
const DEEPEST = 8;
const MOST_ERRORS = 5;

/** Describes a thrown value. If it is not an Error, only its type is reported, not its content. */
export function reportError(thrown: unknown, depth = 0): ErrorReport {
  if (typeof thrown === 'string') return { name: 'string', message: thrown };
  if (!isErrorLike(thrown)) return { name: 'unknown', message: `a thrown ${kindOf(thrown)}` };
  const { name, message, code, stack, cause, errors } = thrown;
  const isLast = depth >= DEEPEST;
  return {
    name: String(name),
    message: String(message),
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    ...(typeof stack === 'string' && { stack: withSources(stack, String(message)) }),
    ...(cause !== undefined && cause !== null && !isLast && { cause: reportError(cause, depth + 1) }),
    ...(Array.isArray(errors) &&
      !isLast && { errors: errors.slice(0, MOST_ERRORS).map((error) => reportError(error, depth + 1)) }),
  };
}

interface ErrorLike {
  readonly name: unknown;
  readonly message: unknown;
  readonly code?: unknown;
  readonly stack?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
}

const isErrorLike = (thrown: unknown): thrown is ErrorLike =>
  typeof thrown === 'object' && thrown !== null && 'name' in thrown && 'message' in thrown;

const kindOf = (thrown: unknown): string => Object.prototype.toString.call(thrown).slice(8, -1);
