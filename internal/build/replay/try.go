package replay

import (
	"bytes"
	"context"
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
// whether that led to other bytes. It guards against a toolchain whose commands
// mean something else than we think.
func (p *Plan) Try(ctx context.Context, binary string) error {
	want, err := p.contentID(binary)
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
	got, err := contentIDOf(tried, r.buildID)
	if err != nil {
		return err
	}
	if got != want {
		return ErrOther
	}
	return nil
}

// matches declines unless the program was linked from exactly what the plan
// would link: the first parts of a build id are hashes of the inputs.
func (p *Plan) matches(binary string) error {
	_, err := p.contentID(binary)
	return err
}

// contentID returns the hash of its content that go build put into the program.
func (p *Plan) contentID(binary string) (string, error) {
	args := p.steps.link.argv
	i := slices.IndexFunc(args, func(arg string) bool { return strings.HasPrefix(arg, buildIDFlag) })
	return contentIDOf(binary, strings.TrimPrefix(args[i], buildIDFlag))
}

// contentIDOf returns the part that seals the program's build id, whose other
// parts are those of id.
func contentIDOf(binary, id string) (string, error) {
	content, err := os.ReadFile(binary)
	if err != nil {
		return "", err
	}
	inputs := id[:strings.LastIndex(id, "/")+1]
	_, rest, found := bytes.Cut(content, []byte(inputs))
	length := len(id) - len(inputs)
	if inputs == "" || !found || len(rest) < length {
		return "", Declined("the program was built from something else meanwhile")
	}
	return string(rest[:length]), nil
}
