//go:build unix

package e2e_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// image is what a Dockerfile made, in a directory in place of "/".
type image struct {
	root, dir  string // dir is below root
	env        []string
	entrypoint []string
}

// followDockerfile does what the Dockerfile of a document says, in directories
// instead of images: it has the tools of this machine, and no layers.
func followDockerfile(t *testing.T, document, context string, env []string) *image {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	file := regexp.MustCompile("(?s)```dockerfile\n(.*?)```").FindSubmatch(text)
	if file == nil {
		t.Fatalf("%s has no Dockerfile", document)
	}
	stages := map[string]*image{}
	var now *image
	for line := range strings.Lines(string(file[1])) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		args := strings.Fields(rest)
		switch word {
		case "":
		case "FROM":
			now = &image{root: t.TempDir(), env: env}
			stages[args[len(args)-1]] = now
		case "WORKDIR":
			now.dir = filepath.Join(now.root, args[0])
			if err := os.MkdirAll(now.dir, 0o755); err != nil {
				t.Fatal(err)
			}
		case "ENV":
			now.env = append(now.env, args...)
		case "COPY":
			from := context
			if stage, ok := strings.CutPrefix(args[0], "--from="); ok {
				from, args = stages[stage].root, args[1:]
			}
			now.copy(t, from, args)
		case "RUN":
			cmd := exec.CommandContext(t.Context(), "sh", "-c", strings.ReplaceAll(rest, " /", " "+now.root+"/"))
			cmd.Dir, cmd.Env = now.dir, now.env
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%s: %v\n%s", line, err, out)
			}
		case "ENTRYPOINT":
			if err := json.Unmarshal([]byte(rest), &now.entrypoint); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
		default:
			t.Fatalf("nobody tests what %s does", word)
		}
	}
	return now
}

// copy puts sources into the last of args, of a directory what is in it.
func (i *image) copy(t *testing.T, from string, args []string) {
	t.Helper()
	target := filepath.Join(i.dir, args[len(args)-1])
	if err := os.MkdirAll(target, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range args[:len(args)-1] {
		source := filepath.Join(from, name)
		if info, err := os.Stat(source); err != nil || info.IsDir() {
			source += "/."
		}
		if out, err := exec.CommandContext(t.Context(), "cp", "-R", source, target).CombinedOutput(); err != nil {
			t.Fatalf("copy %s: %v\n%s", name, err, out)
		}
	}
}
