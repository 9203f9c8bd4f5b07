package replay

import (
	"bytes"
	"context"
	"debug/elf"
	"debug/macho"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ErrOther says that a plan did not lead to the program that go build made, so
// that no plan of this toolchain can be trusted.
var ErrOther = errors.New("the commands of go build, run again, made another program")

// Try makes the program of the last go build again, and reports, as an error,
// whether that led to another. It guards against a toolchain whose commands mean
// something else than we think.
func (p *Plan) Try(ctx context.Context, binary string) error {
	want, err := p.built(binary)
	if err != nil {
		return err
	}
	tried := filepath.Join(p.options.WorkDir, "tried")
	defer os.Remove(tried)
	now, changed, err := p.tree.look()
	if err != nil {
		return err
	}
	if len(changed) > 0 {
		return Declined(changed[0] + " changed")
	}
	r, err := p.rebuild(ctx, now, map[string]bool{p.steps.link.pkg: true}, tried, true)
	if err != nil {
		return err
	}
	defer os.RemoveAll(r.dir)
	got, err := readProgram(tried, r.buildID)
	if err != nil {
		return err
	}
	if !got.equal(want) {
		return ErrOther
	}
	return nil
}

// program is a program that was linked with a build id, of which only the last
// part may have been changed since.
type program struct {
	content []byte
	id      string
}

// built reads the program that go build made. It declines unless that was linked
// from exactly what the plan would link: the first parts of a build id are hashes
// of the inputs.
func (p *Plan) built(binary string) (program, error) {
	args := p.steps.link.argv
	i := slices.IndexFunc(args, func(arg string) bool { return strings.HasPrefix(arg, buildIDFlag) })
	return readProgram(binary, strings.TrimPrefix(args[i], buildIDFlag))
}

func readProgram(path, id string) (program, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return program{}, err
	}
	inputs := id[:strings.LastIndex(id, "/")+1]
	_, rest, found := bytes.Cut(content, []byte(inputs))
	length := len(id) - len(inputs)
	if inputs == "" || !found || len(rest) < length {
		return program{}, Declined("the program was built from something else meanwhile")
	}
	return program{content, inputs + string(rest[:length])}, nil
}

// equal reports whether both are the same program, whatever their ids are.
func (p program) equal(other program) bool {
	a, b := p.parts(), other.parts()
	return len(a) > 0 && len(p.id) == len(other.id) && slices.EqualFunc(a, b, bytes.Equal)
}

// parts returns what the program consists of, without what depends on its id: in
// ELF files a note, in Mach-O files a load command and the signature, which are
// in no section.
func (p program) parts() [][]byte {
	content := bytes.Clone(p.content)
	if bytes.HasPrefix(content, []byte(elf.ELFMAG)) {
		start, end, err := hostBuildID(content)
		if err != nil {
			return nil
		}
		clear(content[start:end])
	}
	content = bytes.ReplaceAll(content, []byte(p.id), make([]byte, len(p.id)))
	f, err := macho.NewFile(bytes.NewReader(content))
	if err != nil {
		return [][]byte{content}
	}
	var sections [][]byte
	for _, section := range f.Sections {
		if section.Offset == 0 {
			continue // it is not in the file but made of zeros
		}
		data, err := section.Data()
		if err != nil {
			return nil
		}
		sections = append(sections, []byte(section.Name), data)
	}
	return sections
}
