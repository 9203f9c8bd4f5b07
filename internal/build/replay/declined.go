package replay

import (
	"errors"
	"io/fs"
)

// Declined is the error for a build that only the go command can do. It says why,
// for whoever asked for verbose output.
type Declined string

func (d Declined) Error() string { return string(d) }

// declinedFor declines because of a file that cannot be read.
func declinedFor(path string, err error) error {
	var declined Declined
	switch {
	case errors.As(err, &declined):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return Declined(path + " vanished")
	}
	return Declined("read " + path + ": " + err.Error())
}
