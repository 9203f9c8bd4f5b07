package process

import (
	"errors"
	"io"
	"os/exec"
)

// terminal is not to be had here.
type terminal struct{}

func openTerminal(*exec.Cmd, Spec, io.Writer) (*terminal, error) {
	return nil, errors.New("a terminal of the app's own is for Unix only; remove app.pty or --pty")
}

func (*terminal) started() {}
func (*terminal) close()   {}
