//go:build !linux

package process

// runInit is for containers, which run Linux.
func runInit([]string) (code int, handled bool) { return 0, false }
