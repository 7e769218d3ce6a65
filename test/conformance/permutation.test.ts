import { testOrders } from "./permutation.ts";

testOrders([1]);
