package devserver

import (
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/calendsync/devtool/internal/regular"
)

// recallHashes returns the hashes of the files that an earlier run wrote, by name.
// There are none if memory cannot be read.
func recallHashes(memory string) map[string]string {
	hashes := map[string]string{}
	if data, err := regular.ReadFile(memory); err == nil && json.Unmarshal(data, &hashes) != nil {
		hashes = map[string]string{}
	}
	return hashes
}

// rememberHashes writes the file that the next run recalls; none if memory is empty.
func rememberHashes(memory string, hashes map[string]string) error {
	if memory == "" {
		return nil
	}
	data, err := json.Marshal(hashes)
	if err != nil {
		return err
	}
	return writeMemory(memory, data)
}

// writeMemory writes a file that the next run reads.
func writeMemory(file string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	root, err := os.OpenRoot(filepath.Dir(file))
	if err != nil {
		return err
	}
	defer root.Close()
	return replaceFile(root, filepath.Base(file), data)
}

// removeUnedited removes a file that we wrote, unless somebody has edited it since.
func removeUnedited(root *os.Root, name, hash string) error {
	if data, err := root.ReadFile(name); err == nil && contentHash(data) == hash {
		return root.Remove(name)
	}
	return nil
}
