/** First byte of a field, which gives its kind. */
export const NULL = 0;
export const FALSE = 1;
export const TRUE = 2;
export const INTEGER = 3;
export const FLOAT = 4;
export const STRING = 5;
export const ID = 6;
export const ADDRESS = 7;
export const BYTES = 8;
export const LIST = 9;
export const PACKET = 10;
