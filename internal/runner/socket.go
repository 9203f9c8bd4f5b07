package runner

import (
	"bytes"
	"io"
	"os"
)

// takesSocket reports whether the app is given a listening socket.
func (s *Spec) takesSocket() bool {
	if s.Socket != nil {
		return *s.Socket
	}
	return s.ReadsSocket || mentions(s.Binary, "LISTEN_FDS")
}

// mentions reports whether a file contains a word. It reads in pieces because
// binaries are large.
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
