// Package regular reads files that people may have replaced with something else.
//
// A named pipe with no writer blocks whoever opens it, and no signal ends that;
// secret managers put one in the place of .env. So nothing but a regular file is
// opened. The null device counts as an empty file: a link to it is a common way to
// switch a file off.
//
// Other packages may import this one; it imports none of ours.
package regular

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// ErrKind says that there is something which is no regular file. The errors of
// this package that wrap it name its kind.
var ErrKind = errors.New("not a regular file")

type kindError string

func (e kindError) Error() string      { return string(e) }
func (kindError) Is(target error) bool { return target == ErrKind }

// ReadFile is like [os.ReadFile], but fails with [ErrKind] instead of waiting for
// a pipe or a device.
func ReadFile(path string) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// Open is like [os.Open], but fails with [ErrKind] for what is no regular file.
func Open(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() && !isNull(info) {
		return nil, &fs.PathError{Op: "open", Path: path, Err: kindError("is " + kind(info.Mode()))}
	}
	return os.Open(path)
}

// Blocks reports whether opening path would wait, and for what: "a named pipe".
// Nothing that is not there blocks, nor a directory.
func Blocks(path string) (kindOf string, blocks bool) {
	info, err := os.Stat(path)
	if err != nil || info.Mode().IsRegular() || info.IsDir() || isNull(info) {
		return "", false
	}
	return kind(info.Mode()), true
}

func isNull(info fs.FileInfo) bool {
	null, err := os.Stat(os.DevNull)
	return err == nil && os.SameFile(info, null)
}

func kind(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a directory"
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return "no regular file"
}
