package templ

import (
	"bytes"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// module is the path of templ's module.
const module = "github.com/a-h/templ"

// oldest is the first patch of templ 0.3 that reads text files as described in
// runtime/watchmode.go. What later minor versions do is unknown.
const oldest = 977

// known returns an error if a binary is built with an unknown version of templ.
// Without templ there is no error, because there is nothing to do.
func known(binary string) (uses bool, err error) {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return false, fmt.Errorf("read which templ %s has: %w", binary, err)
	}
	for _, dep := range info.Deps {
		if dep.Path != module {
			continue
		}
		if dep.Replace != nil {
			return true, errors.New("templ is replaced in go.mod")
		}
		patch, ok := strings.CutPrefix(dep.Version, "v0.3.")
		if n, err := strconv.Atoi(patch); !ok || err != nil || n < oldest {
			return true, fmt.Errorf("the text files of templ %s are not known", dep.Version)
		}
		return true, nil
	}
	return false, nil
}

// longest bounds a path in a binary.
const longest = 4096

// templatesOf returns the generated files that a binary names, by the paths with
// which templ will ask for their text. In all formats of executables the names of
// source files end with a zero byte.
func templatesOf(binary string) ([]string, error) {
	f, err := os.Open(binary)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var found []string
	buf := make([]byte, 0, 1<<20)
	for {
		n, err := io.ReadFull(f, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		found = appendTemplates(found, buf)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("read %s: %w", binary, err)
		}
		// A path at the end of the buffer may continue after it.
		buf = append(buf[:0], buf[len(buf)-longest:]...)
	}
	slices.Sort(found)
	found = slices.Compact(found)
	for _, path := range found {
		if !filepath.IsAbs(path) {
			return nil, fmt.Errorf("%s is not the path of a file: -trimpath?", path)
		}
	}
	return found, nil
}

// appendTemplates adds the paths that lie between two zero bytes of data.
func appendTemplates(found []string, data []byte) []string {
	end := []byte(suffix + "\x00")
	for rest := data; ; {
		i := bytes.Index(rest, end)
		if i < 0 {
			return found
		}
		path := rest[:i+len(suffix)]
		if start := bytes.LastIndexByte(path, 0); start >= 0 {
			found = append(found, filepath.FromSlash(string(path[start+1:])))
		}
		rest = rest[i+len(suffix):]
	}
}
