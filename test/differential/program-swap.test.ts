import { testProgramSwaps } from "./program-swap.ts";

testProgramSwaps(1.5);
