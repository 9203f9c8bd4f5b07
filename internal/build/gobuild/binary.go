package gobuild

import (
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

func binaryName(number int) string {
	name := fmt.Sprintf("app-%d", number)
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return name
}

// Prune deletes the binaries in TempDir, except those to keep.
func (g *Builder) Prune(keep ...string) error {
	entries, err := os.ReadDir(g.options.TempDir)
	if err != nil {
		return fmt.Errorf("list old binaries: %w", err)
	}
	kept := map[string]bool{}
	for _, path := range keep {
		kept[path] = true
	}
	var failed []error
	for _, entry := range entries {
		path := filepath.Join(g.options.TempDir, entry.Name())
		if strings.HasPrefix(entry.Name(), "app-") && !kept[path] {
			failed = append(failed, os.Remove(path))
		}
	}
	return errors.Join(failed...)
}

// copyExecutable copies from to a new file. No child may be forked while the
// copy is open for writing: it would hold the file open until its exec, and
// running the copy in that moment fails with ETXTBSY.
func copyExecutable(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()

	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return diskFull(err)
	}
	if _, err := io.Copy(target, source); err != nil {
		target.Close()
		return diskFull(err)
	}
	return target.Close()
}

// goMark precedes the build id in the first bytes of a Mach-O or PE file.
var goMark = []byte("\xff Go build ID: \"")

// buildID returns an id that is equal for binaries that behave the same. It is
// the last part of the id that the go command writes, a hash of the content
// without the id itself; the other parts change with every comment. For binaries
// without an id it hashes the whole file.
func buildID(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read the build id: %w", err)
	}
	defer f.Close()

	head := make([]byte, 64<<10)
	n, err := io.ReadFull(f, head)
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return "", fmt.Errorf("read the build id of %s: %w", path, err)
	}
	head = head[:n]
	if bytes.HasPrefix(head, []byte("!<arch>\n")) {
		return "", &Error{Err: ErrNotMain, Help: "name the main package: package in [go], or --package"}
	}
	id := markedBuildID(head)
	if bytes.HasPrefix(head, []byte(elf.ELFMAG)) {
		id = elfBuildID(f)
	}
	if i := strings.LastIndex(id, "/"); i >= 0 {
		return id[i+1:], nil
	}
	return contentHash(f)
}

func markedBuildID(head []byte) string {
	_, rest, _ := bytes.Cut(head, goMark)
	id, _, found := bytes.Cut(rest, []byte{'"'})
	if !found {
		return ""
	}
	return string(id)
}

// elfBuildID reads the note that holds the id: a header of 16 bytes, of which
// the last four are the owner's name, then the id.
func elfBuildID(r io.ReaderAt) string {
	const header = 16
	f, err := elf.NewFile(r)
	if err != nil {
		return ""
	}
	note := f.Section(".note.go.buildid")
	if note == nil {
		return ""
	}
	data, err := note.Data()
	if err != nil || len(data) < header {
		return ""
	}
	size := f.ByteOrder.Uint32(data[4:])
	return string(data[header:min(uint64(len(data)), header+uint64(size))])
}

func contentHash(f *os.File) (string, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", fmt.Errorf("hash %s: %w", f.Name(), err)
	}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("hash %s: %w", f.Name(), err)
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)), nil
}
