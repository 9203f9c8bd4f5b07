package generate

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// memory is what is known about earlier runs, even before a restart.
type memory struct {
	file string
	past map[string]past // by key
}

// past is the last successful run of a generator.
type past struct {
	Inputs  string            `json:"inputs"`  // fingerprint
	Outputs map[string]string `json:"outputs"` // path → hash
}

// readMemory reads what an earlier process kept. If the file is missing, damaged
// or from another version, everything runs once.
func readMemory(file string) memory {
	m := memory{file: file, past: map[string]past{}}
	data, err := os.ReadFile(file)
	if err != nil || json.Unmarshal(data, &m.past) != nil || m.past == nil {
		m.past = map[string]past{}
	}
	return m
}

// key identifies a generator. It includes the command, so that a changed command
// has no past.
func key(g Generator) string { return g.Name + ": " + strings.Join(g.Run, " ") }

// current reports whether a generator has nothing to do.
func (m *memory) current(g Generator, read inputs) bool {
	last, known := m.past[key(g)]
	if !known || last.Inputs != read.fingerprint() {
		return false
	}
	for _, output := range slices.AppendSeq(slices.Clone(g.Outputs), maps.Keys(last.Outputs)) {
		if !exists(output) {
			return false
		}
	}
	return true
}

// forget drops a generator that is about to run, and returns its outputs. It
// saves before the run, so that the generator runs again even if we are killed.
func (m *memory) forget(g Generator) map[string]string {
	last, known := m.past[key(g)]
	if known {
		delete(m.past, key(g))
		_ = m.save() // an unwritable memory costs a needless run; remember reports it
	}
	return last.Outputs
}

func (m *memory) remember(g Generator, read inputs, outputs map[string]string) error {
	m.past[key(g)] = past{Inputs: read.fingerprint(), Outputs: outputs}
	return m.save()
}

// save writes the file whole or not at all.
func (m *memory) save() error {
	if m.file == "" {
		return nil
	}
	data, err := json.Marshal(m.past)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(m.file), 0o700)
	}
	if err != nil {
		return fmt.Errorf("remember what was generated: %w", err)
	}
	temp, err := os.CreateTemp(filepath.Dir(m.file), "new-")
	if err != nil {
		return fmt.Errorf("remember what was generated: %w", err)
	}
	defer os.Remove(temp.Name()) // fails when it has become the file
	_, err = temp.Write(data)
	if err = errors.Join(err, temp.Close()); err == nil {
		err = os.Rename(temp.Name(), m.file)
	}
	if err != nil {
		return fmt.Errorf("remember what was generated: %w", err)
	}
	return nil
}

func (in inputs) fingerprint() string {
	h := sha256.New()
	for _, rel := range slices.Sorted(maps.Keys(in)) {
		fmt.Fprintf(h, "%q %s\n", rel, in[rel])
	}
	return hex.EncodeToString(h.Sum(nil))
}
