package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"time"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == "bare" {
		fmt.Fprintln(os.Stderr, bare(os.Args[2], os.Stdout))
		os.Exit(1)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	rounds := flag.Int("rounds", 5, "how often each is measured")
	took := flag.Duration("d", 4*time.Second, "how long a measurement takes")
	flag.Parse()
	if err := run(ctx, *rounds, *took, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "wrk: error:", err)
		os.Exit(1)
	}
}

// bare is the proxy that devtool is compared with. It tells its address first.
func bare(app string, stdout io.Writer) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, ln.Addr())
	return http.Serve(ln, &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = "http", app
			r.SetXForwarded()
		},
		Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true},
	})
}

// app answers 1 KB, as a small API does.
const app = `package main

import (
	"log"
	"net/http"
	"os"
	"strings"
)

func main() {
	body := []byte(strings.Repeat("0123456789abcde\n", 64))
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(body)
	})))
}
`

func run(ctx context.Context, rounds int, took time.Duration, stdout io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends what was started
	temp, err := os.MkdirTemp("", "wrk-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	addr, url, err := startDevtool(ctx, temp)
	if err != nil {
		return err
	}
	bareAddr, err := startBare(ctx, addr)
	if err != nil {
		return err
	}
	sides := []*side{{name: "the app itself", url: "http://" + addr}, {name: "bare ReverseProxy", url: "http://" + bareAddr}, {name: "devtool", url: url}}
	for range rounds {
		for _, s := range sides {
			if err := s.measure(ctx, took); err != nil {
				return err
			}
		}
	}
	printTable(stdout, sides)
	return nil
}

// startDevtool serves the app and returns its private address and devtool's URL.
func startDevtool(ctx context.Context, temp string) (addr, url string, err error) {
	binary, dir := filepath.Join(temp, "devtool"), filepath.Join(temp, "app")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "github.com/calendsync/devtool/cmd/devtool")
	if out, err := build.CombinedOutput(); err != nil {
		return "", "", fmt.Errorf("build devtool: %w\n%s", err, out)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", "", err
	}
	for name, text := range map[string]string{"go.mod": "module app\n\ngo 1.26\n", "main.go": app} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return "", "", err
		}
	}
	cmd := exec.CommandContext(ctx, binary, "dev", "server", "--json", "--port", "0")
	cmd.Dir = dir
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	err = follow(cmd, func(line string) bool {
		var m struct {
			Type, Addr string
			URLs       []string
		}
		_ = json.Unmarshal([]byte(line), &m) // every line is an object
		if m.Type == "listening" {
			url = m.URLs[0]
		}
		addr = m.Addr
		return m.Type == "app-ready"
	})
	return addr, url, err
}

func startBare(ctx context.Context, app string) (addr string, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	err = follow(exec.CommandContext(ctx, self, "bare", app), func(line string) bool { addr = line; return true })
	return addr, err
}

// follow starts a command and reads its output until a line is what is waited
// for. The rest is drained until the command ends with its context.
func follow(cmd *exec.Cmd, wanted func(line string) bool) error {
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if wanted(lines.Text()) {
			go func() { // ends with the process, when run is left
				_, _ = io.Copy(io.Discard, out)
				_ = cmd.Wait()
			}()
			return nil
		}
	}
	return errors.Join(fmt.Errorf("%s ended too early", filepath.Base(cmd.Path)), cmd.Wait())
}
