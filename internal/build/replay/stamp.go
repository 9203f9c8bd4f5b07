package replay

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/calendsync/devtool/internal/regular"
)

// stamp changes whenever a file is written or replaced, as far as the clock of
// its file system can tell.
type stamp struct {
	size     int64
	mode     fs.FileMode
	modified int64 // nanoseconds since 1970
	changed  int64 // the same for the inode, which nobody can set back; or 0
	inode    uint64
}

func stampOf(path string) (stamp, error) {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}, err
	}
	s := stamp{size: info.Size(), mode: info.Mode(), modified: info.ModTime().UnixNano()}
	s.changed, s.inode = inode(info)
	return s, nil
}

// coarsest is the coarsest clock of a file system: two changes within one tick
// leave equal stamps.
const coarsest = 2 * time.Second

// entry is a file or directory as it was seen.
type entry struct {
	stamp
	at int64 // when it was seen
}

// same reports whether the file at path has certainly not changed since.
func (e entry) same(now stamp) bool {
	return e.stamp == now && e.at-max(e.modified, e.changed) > int64(coarsest)
}

// sum is a hash of the content of a file.
type sum [sha256.Size]byte

// seen is a file with its content.
type seen struct {
	entry
	sum sum
}

// large is the size beyond which a file is known by its stamp alone: people
// embed films, and the compiler is in every plan.
const large = 4 << 20

// readFile reads a file for good: what is returned with a stamp is what was
// there when the stamp was taken, or a later stamp differs. Of a large file it
// returns no content.
func readFile(path string) (seen, []byte, error) {
	at := time.Now().UnixNano()
	s, err := stampOf(path)
	if err != nil {
		return seen{}, nil, err
	}
	if s.mode.IsRegular() && s.size > large {
		return seen{entry{s, at}, sha256.Sum256(fmt.Append(nil, s))}, nil, nil
	}
	content, err := regular.ReadFile(path)
	if err != nil {
		return seen{}, nil, err
	}
	return seen{entry{s, at}, sha256.Sum256(content)}, content, nil
}

// glance looks at a file again and reports whether its content is another. The
// content is nil unless it had to be read.
func (s seen) glance(path string) (now seen, content []byte, changed bool, err error) {
	current, err := stampOf(path)
	if err != nil {
		return seen{}, nil, false, err
	}
	if s.same(current) {
		return s, nil, false, nil
	}
	now, content, err = readFile(path)
	return now, content, err == nil && (now.sum != s.sum || now.mode != s.mode), err
}
