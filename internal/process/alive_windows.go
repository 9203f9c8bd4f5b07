package process

import "os"

// Alive tells whether a process has that id, whoever owns it.
func Alive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	return p.Release() == nil
}
