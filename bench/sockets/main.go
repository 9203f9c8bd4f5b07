package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	only := flag.String("only", "accept,queue,restarts", "what to measure, separated by commas")
	var b bench
	flag.IntVar(&b.rounds, "rounds", 40, "starts of each supervisor")
	flag.IntVar(&b.restarts, "restarts", 200, "replacements of the app")
	flag.IntVar(&b.rate, "rate", 200, "requests a second meanwhile")
	flag.Parse()
	b.stdout = os.Stdout
	if err := b.run(ctx, strings.Split(*only, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "sockets: error:", err)
		os.Exit(1)
	}
}

// bench is one run.
type bench struct {
	rounds, restarts, rate int
	stdout                 io.Writer

	temp    string
	devtool string // the binary under test
	app     string // the directory of the app
	env     []string
}

func (b *bench) run(ctx context.Context, names []string) (err error) {
	if b.temp, err = os.MkdirTemp("", "sockets-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.temp)
	if err := b.prepare(ctx); err != nil {
		return err
	}
	for _, part := range []struct {
		name    string
		measure func(context.Context) error
	}{{"accept", b.accept}, {"queue", b.queue}, {"restarts", b.replace}} {
		if !slices.Contains(names, part.name) {
			continue
		}
		if err := part.measure(ctx); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}

const module = "github.com/calendsync/devtool"

// prepare builds devtool, and writes and builds the app.
func (b *bench) prepare(ctx context.Context) error {
	root, err := output(ctx, ".", "go", "list", "-m", "-f", "{{.Dir}}", module)
	if err != nil {
		return err
	}
	cache, err := output(ctx, ".", "go", "env", "GOCACHE")
	if err != nil {
		return err
	}
	b.env = append(os.Environ(), "GOCACHE="+cache, "XDG_CACHE_HOME="+filepath.Join(b.temp, "cache"), "PORT=", "CI=true")
	b.devtool, b.app = filepath.Join(b.temp, "devtool"), filepath.Join(b.temp, "app")
	if _, err := output(ctx, root, "go", "build", "-trimpath", "-ldflags=-s", "-o", b.devtool, "./cmd/devtool"); err != nil {
		return err
	}
	if err := os.Mkdir(b.app, 0o700); err != nil {
		return err
	}
	for name, text := range map[string]string{
		"go.mod":    fmt.Sprintf("module example.com/app\n\ngo 1.26.0\n\nrequire %s v0.0.0\n\nreplace %[1]s => %s\n", module, root),
		"main.go":   appSource,
		"page.tmpl": "page 0",
	} {
		if err := os.WriteFile(filepath.Join(b.app, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	_, err = output(ctx, b.app, "go", "build", "-o", "program", ".")
	return err
}

// output runs a command and returns what it printed.
func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, stderr.String())
	}
	return strings.TrimSpace(string(out)), nil
}

// appSource is a server that parses a template at start: an edit of that
// replaces it without a build.
const appSource = `package main

import (
	"context"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/calendsync/devtool/listenfd"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ln, err := listenfd.Listen("tcp", os.Getenv("ADDR"))
	if err != nil {
		log.Fatal(err)
	}
	text, err := os.ReadFile("page.tmpl")
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err == nil {
			w.Write(text)
		}
	})
	if err := listenfd.Serve(ctx, new(http.Server), ln); err != nil {
		log.Fatal(err)
	}
}
`
