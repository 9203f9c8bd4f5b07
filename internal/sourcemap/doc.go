// Package sourcemap finds where in the sources an error of a page came from:
// [ParseStack] reads the stack that a browser wrote, and a [Map] leads from a place
// in a bundle to the place it was made from.
//
// It reads maps of revision 3 as esbuild writes them, without sections, and
// refuses others. Maps and stacks come from outside and may contain anything; bad
// input is an error, never a panic. It opens no file and no URL.
package sourcemap
