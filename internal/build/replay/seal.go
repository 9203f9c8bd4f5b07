package replay

import (
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// idOf writes a hash as the go command does in build ids: its first 120 bits.
func idOf(hash [sha256.Size]byte) string {
	const length = 15
	return base64.URLEncoding.EncodeToString(hash[:length])
}

// seal puts the hash of a program's content in place of the last part of its
// build id, as go build does after linking. Elsewhere than in ELF files, whose
// signatures would not survive it, the linked id stays.
func seal(path, id string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(content, []byte(elf.ELFMAG)) {
		return nil
	}
	places, hash, err := hashWithout(content, id)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	sealed := id[:strings.LastIndex(id, "/")+1] + idOf(hash)
	return overwrite(path, places, sealed)
}

// hashWithout returns where the id is in the program, and a hash of all but that
// and the build id of the host's tools, which the linker derives from it.
func hashWithout(content []byte, id string) (places []int64, hash [sha256.Size]byte, err error) {
	start, end, err := hostBuildID(content)
	if err != nil {
		return nil, hash, err
	}
	clear(content[start:end])
	h := sha256.New()
	zeros := make([]byte, len(id))
	for from := 0; ; {
		i := bytes.Index(content[from:], []byte(id))
		if i < 0 {
			h.Write(content[from:])
			break
		}
		places = append(places, int64(from+i))
		h.Write(content[from : from+i])
		h.Write(zeros)
		from += i + len(id)
	}
	if len(places) == 0 {
		return nil, hash, errors.New("the linker wrote no build id")
	}
	h.Sum(hash[:0])
	return places, hash, nil
}

// hostBuildID returns where the content of the GNU build id is, which follows
// three numbers and the name "GNU". Without one the range is empty.
func hostBuildID(content []byte) (start, end uint64, err error) {
	const header = 16
	f, err := elf.NewFile(bytes.NewReader(content))
	if err != nil {
		return 0, 0, err
	}
	note := f.Section(".note.gnu.build-id")
	if note == nil || note.Size < header || note.Offset+note.Size > uint64(len(content)) {
		return 0, 0, nil
	}
	return note.Offset + header, note.Offset + note.Size, nil
}

// overwrite writes text to places of a program. No child may be forked meanwhile:
// it would hold the program open for writing until its exec, and running the
// program in that moment fails with ETXTBSY.
func overwrite(path string, places []int64, text string) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	for _, at := range places {
		if _, err := f.WriteAt([]byte(text), at); err != nil {
			f.Close()
			return err
		}
	}
	return f.Close()
}
