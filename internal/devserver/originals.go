package devserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"github.com/calendsync/devtool/internal/regular"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// originals are files of the user's that bundles or the page replace while we
// run: for example a committed placeholder, with which a fresh clone compiles. We
// put them back at the end. If we are killed first, the next run does.
type originals struct {
	memory string            // file in which the next run finds them; empty: none
	tell   func(path string) // called for each file the first time it is replaced

	mu    sync.Mutex // the lanes write at the same time
	state originalsState
}

type originalsState struct {
	Kept map[string]original `json:"kept"` // by absolute path
	Told map[string]string   `json:"told"` // hashes of originals that were reported
}

// original is what was at a path, and the hash of what we put there.
type original struct {
	Content []byte      `json:"content,omitempty"`
	Mode    fs.FileMode `json:"mode,omitempty"`
	Link    string      `json:"link,omitempty"` // the target, if it was a link
	Written string      `json:"written"`
}

// openOriginals reads what an earlier run could not put back.
func openOriginals(memory string, tell func(path string)) *originals {
	o := &originals{memory: memory, tell: tell}
	if data, err := os.ReadFile(memory); err != nil || json.Unmarshal(data, &o.state) != nil {
		o.state = originalsState{}
	}
	if o.state.Kept == nil {
		o.state.Kept = map[string]original{}
	}
	if o.state.Told == nil {
		o.state.Told = map[string]string{}
	}
	return o
}

// before must be called before contents with the hash next are written to path.
// It keeps what is there unless that is ours: its hash is ours, or it replaced an
// original that is kept already.
func (o *originals) before(path, next, ours string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	there, err := readOriginal(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("keep what is there: %w", err)
	}
	hash := contentHash(there.Content)
	kept, known := o.state.Kept[path]
	switch {
	case there.Link == "" && (hash == next || hash == ours && !known):
		return nil
	case there.Link == "" && known && hash == kept.Written:
		there = kept
	case o.state.Told[path] != hash+there.Link:
		o.state.Told[path] = hash + there.Link
		o.tell(path)
	}
	there.Written = next
	o.state.Kept[path] = there
	return o.save()
}

func readOriginal(path string) (original, error) {
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return original{}, err
	case info.Mode()&fs.ModeSymlink != 0:
		to, err := os.Readlink(path)
		return original{Link: to}, err
	case !info.Mode().IsRegular():
		return original{}, fmt.Errorf("%s is not a file", path)
	}
	data, err := regular.ReadFile(path)
	return original{Content: data, Mode: info.Mode().Perm()}, err
}

// restore puts back every original unless somebody else has changed the file
// since.
func (o *originals) restore() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.state.Kept) == 0 {
		return nil
	}
	var errs []error
	for path, kept := range o.state.Kept {
		now, err := readOriginal(path)
		if err == nil && now.Link == "" && contentHash(now.Content) == kept.Written {
			err = kept.putBack(path)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("put back %s: %w", path, err))
			continue
		}
		delete(o.state.Kept, path)
	}
	return errors.Join(append(errs, o.save())...)
}

func (k original) putBack(path string) error {
	if k.Link != "" {
		return errors.Join(os.Remove(path), os.Symlink(k.Link, path))
	}
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer root.Close()
	if err := replaceFile(root, filepath.Base(path), k.Content); err != nil {
		return err
	}
	return root.Chmod(filepath.Base(path), k.Mode)
}

func (o *originals) save() error {
	if o.memory == "" {
		return nil
	}
	data, err := json.Marshal(o.state)
	if err != nil {
		return err
	}
	return writeMemory(o.memory, data)
}
