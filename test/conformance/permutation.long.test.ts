import { testOrders } from "./permutation.ts";

testOrders(Array.from({ length: 10 }, (_, at) => at + 1));
