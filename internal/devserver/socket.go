package devserver

import (
	"bytes"
	"io"
	"os"
)

// takesSocket tells whether the app is to be given a listening socket: the
// settings say so, its build graph has a package that takes it, or its binary
// mentions the variable that announces it.
func (a job) takesSocket() bool {
	if say := a.cfg.App.Socket; say != nil {
		return *say
	}
	return a.graph != nil && a.graph.ReadsSocket || mentions(a.Binary.Path, "LISTEN_FDS")
}

// mentions tells whether a file contains a word. It reads in pieces: binaries
// are large and our memory is not the user's.
func mentions(file, word string) bool {
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	buf := make([]byte, 256<<10)
	kept := 0
	for {
		n, err := io.ReadFull(f, buf[kept:])
		piece := buf[:kept+n]
		if bytes.Contains(piece, []byte(word)) {
			return true
		}
		if err != nil {
			return false
		}
		kept = copy(buf, piece[len(piece)-len(word):])
	}
}
