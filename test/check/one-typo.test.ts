import { testTypos } from "./one-typo.ts";

testTypos(20);
