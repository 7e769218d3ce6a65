/** A decimal number that is not negative: `digits` times ten to the power `exponent`. `digits` neither begins nor ends with a zero. */
export interface Decimal {
  /** Empty for zero. */
  readonly digits: string;
  readonly exponent: number;
}

const DECIMAL = /^(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** Number of digits of the exact decimal expansion of a number that are compared. A decimal with more digits never equals a number. */
const EXPANSION = 100;
/** Number of digits up to which a decimal is always the shortest text of its nearest number, except near the least numbers. */
const ALWAYS_SHORTEST = 15;
const LEAST = 1e-300;

/** Reads a text such as `12`, `0.5` or `1e-3`. */
export function decimalOf(text: string): Decimal {
  const [, whole = "", fraction = "", exponent = "0"] = DECIMAL.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  return normal(digits, Number(exponent) - fraction.length);
}

/** The product of a decimal and an integer. A decimal with too many digits to equal a number is returned unchanged. */
export function times({ digits, exponent }: Decimal, factor: number): Decimal {
  const isPlain = factor === 1 || digits === "" || digits.length > EXPANSION;
  return isPlain ? { digits, exponent } : normal(`${BigInt(digits) * BigInt(factor)}`, exponent);
}

/** The decimal times ten to the power `places`. */
export function shifted({ digits, exponent }: Decimal, places: number): Decimal {
  return { digits, exponent: digits === "" ? 0 : exponent + places };
}

/** The number nearest to the decimal. */
export function nearestNumber({ digits, exponent }: Decimal): number {
  return digits === "" ? 0 : Number(`${digits}e${exponent}`);
}

/** Whether a number stands for the decimal: both are equal, or the number prints as this decimal. */
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
