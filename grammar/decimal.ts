/** A decimal number that is not negative: its significant digits, without zeros at either end, times a power of ten. */
export interface Decimal {
  /** Empty for zero. */
  readonly digits: string;
  readonly exponent: number;
}

const DECIMAL = /^(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** Digits of the exact expansion of a number that are compared. A decimal with more of them is no number. */
const EXPANSION = 100;
/** A decimal of so many digits is the shortest text of its nearest number, above the least numbers. */
const ALWAYS_SHORTEST = 15;
const LEAST = 1e-300;

/** Reads a text such as `12`, `0.5` or `1e-3`. */
export function decimalOf(text: string): Decimal {
  const [, whole = "", fraction = "", exponent = "0"] = DECIMAL.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  return normal(digits, Number(exponent) - fraction.length);
}

/** The product of a decimal and a whole number. A decimal that is too long to be a number stays unchanged. */
export function times({ digits, exponent }: Decimal, factor: number): Decimal {
  const isPlain = factor === 1 || digits === "" || digits.length > EXPANSION;
  return isPlain ? { digits, exponent } : normal(`${BigInt(digits) * BigInt(factor)}`, exponent);
}

/** The decimal moved by a power of ten. */
export function shifted({ digits, exponent }: Decimal, places: number): Decimal {
  return { digits, exponent: digits === "" ? 0 : exponent + places };
}

/** The number nearest to the decimal. */
export function nearestNumber({ digits, exponent }: Decimal): number {
  return digits === "" ? 0 : Number(`${digits}e${exponent}`);
}

/** Whether a number is the decimal: it equals it, or prints as it does. */
export function isDecimal(value: number, decimal: Decimal): boolean {
  const { digits } = decimal;
  if (digits === "" || !Number.isFinite(value) || value === 0) return digits === "" && value === 0;
  if (digits.length <= ALWAYS_SHORTEST && value >= LEAST) return true;
  return isSame(decimalOf(String(value)), decimal) || isExact(value, decimal);
}

function isExact(value: number, decimal: Decimal): boolean {
  return decimal.digits.length < EXPANSION && isSame(decimalOf(value.toPrecision(EXPANSION)), decimal);
}

function isSame(one: Decimal, other: Decimal): boolean {
  return one.digits === other.digits && one.exponent === other.exponent;
}

function normal(digits: string, exponent: number): Decimal {
  let length = digits.length;
  while (length > 0 && digits[length - 1] === "0") length--;
  return length === 0
    ? { digits: "", exponent: 0 }
    : { digits: digits.slice(0, length), exponent: exponent + digits.length - length };
}
