/** What the log says of an error. Anything else that libraries hang on one (headers, rows, packets) stays out. */
export interface ErrorReport {
  readonly name: string;
  readonly message: string;
  readonly code?: string | number;
  readonly stack?: string;
  readonly cause?: ErrorReport;
  /** The errors that an `AggregateError` stands for. */
  readonly errors?: readonly ErrorReport[];
}

/** Longer chains are cut here, and so are circles. */
const DEEPEST = 8;
const MOST_ERRORS = 5;

/** Anything thrown, in words. Whoever throws what is no error gets its kind reported, not its content. */
export function reportError(thrown: unknown, depth = 0): ErrorReport {
  if (typeof thrown === 'string') return { name: 'string', message: thrown };
  if (!isErrorLike(thrown)) return { name: 'unknown', message: `a thrown ${kindOf(thrown)}` };
  const { name, message, code, stack, cause, errors } = thrown;
  const isLast = depth >= DEEPEST;
  return {
    name: String(name),
    message: String(message),
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    ...(typeof stack === 'string' && { stack }),
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
