package process

import (
	"errors"
	"os"
	"syscall"
)

func duplicate(syscall.Conn, string) (*os.File, error) {
	return nil, errors.New("a socket cannot be passed to the app on Windows; let it listen on ${PORT}")
}
