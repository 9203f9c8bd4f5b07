package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// readToken reads a project's token below dir, or makes it. The file is
// private to the user, and its name reveals nothing.
func readToken(dir, project string) (string, error) {
	file := filepath.Join(dir, projectID(project))
	for range 2 {
		token, err := os.ReadFile(file)
		if err == nil && len(token) == len(rand.Text()) {
			return string(token), nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("read the project's token: %w", err)
		}
		if err := writeToken(dir, file); err != nil {
			return "", fmt.Errorf("keep the project's token: %w", err)
		}
	}
	return "", fmt.Errorf("read the project's token: %s changes while it is read; is the disk full?", file)
}

// writeToken puts a complete file in place at once: two devtools that start
// together read the same one.
func writeToken(dir, file string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	temp, err := os.CreateTemp(dir, "new-")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.WriteString(rand.Text())
	if err = errors.Join(err, temp.Close()); err != nil {
		return err
	}
	if info, err := os.Stat(file); err == nil && info.Size() != int64(len(rand.Text())) {
		_ = os.Remove(file)
	}
	if err := os.Link(temp.Name(), file); err != nil && !errors.Is(err, fs.ErrExist) {
		return os.Rename(temp.Name(), file) // a filesystem without hard links
	}
	return nil
}
