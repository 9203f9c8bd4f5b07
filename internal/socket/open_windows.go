package socket

import (
	"context"
	"errors"
)

var errUnsupported = errors.New("sockets cannot be passed to a command on windows, which has no numbered descriptors")

func open(context.Context, Spec, int) (*Socket, error) { return nil, errUnsupported }

// Exec cannot work here.
func (s *Set) Exec([]string, []string, bool) error { return errUnsupported }
