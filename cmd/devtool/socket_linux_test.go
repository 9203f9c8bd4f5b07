package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/calendsync/devtool/internal/devtooltest"
)

// TestActivation starts the example, which knows nothing but the protocol,
// under each supervisor that speaks it, and devtool itself under them: either
// answers on the socket that was opened for it.
func TestActivation(t *testing.T) {
	t.Parallel()
	example := buildProgram(t, "../../examples/calendsync")
	root, err := filepath.Abs("../../examples/calendsync")
	if err != nil {
		t.Fatal(err)
	}
	calendsync := []string{example, "-dir", root, "-data", filepath.Join(t.TempDir(), "data.json")}
	supervisors := map[string]func(addr, port string) []string{
		"systemd-socket-activate": func(addr, _ string) []string {
			command := []string{"systemd-socket-activate", "--listen=" + addr}
			for _, entry := range os.Environ() { // it passes on nothing by itself
				name, _, _ := strings.Cut(entry, "=")
				command = append(command, "--setenv="+name)
			}
			return command
		},
		"devtool socket": func(_, port string) []string {
			return []string{"devtool", "socket", "-s", "http::" + port, "--"}
		},
	}
	files := map[string]string{
		"go.mod":  "module example.com/app\ngo 1.26\n",
		"main.go": "package main\n\nimport (\n\t\"fmt\"\n\t\"net/http\"\n\t\"os\"\n)\n\nfunc main() {\n\thttp.HandleFunc(\"/\", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, \"app of \"+os.Getenv(\"DEVTOOL_URL\")) })\n\thttp.ListenAndServe(\"127.0.0.1:\"+os.Getenv(\"PORT\"), nil)\n}\n",
	}
	for name, supervise := range supervisors {
		project := t.TempDir() // one devtool serves a project
		writeFiles(t, project, files)
		server := []string{"devtool", "dev", "server", "--dir", project, "--port", "1"} // which the socket makes void
		for _, program := range []struct {
			name    string
			command []string
			want    func(addr string) string
		}{
			{"calendsync", calendsync, func(string) string { return "<html" }},
			{"devtool dev server", server, func(addr string) string {
				return "app of http://localhost:" + addr[strings.LastIndex(addr, ":")+1:]
			}},
		} {
			t.Run(name+"/"+program.name, func(t *testing.T) {
				t.Parallel()
				addr := freeAddr(t)
				_, port, _ := net.SplitHostPort(addr)
				log := startLogged(t, slices.Concat(supervise(addr, port), program.command))
				if got, want := ask(t, addr, log), program.want(addr); !strings.Contains(got, want) {
					t.Errorf("answered %.300q, want something with %q; it said:\n%s", got, want, log())
				}
			})
		}
	}
}

// buildProgram compiles a package of ours.
func buildProgram(t *testing.T, dir string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), filepath.Base(dir))
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".")
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build %s: %v\n%s", dir, err, out)
	}
	return binary
}

func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func freeAddr(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// startLogged runs a command until the test ends, and returns what it has
// written so far. Where the command is not installed the test is skipped.
func startLogged(t *testing.T, command []string) func() string {
	t.Helper()
	if _, err := exec.LookPath(command[0]); err != nil {
		t.Skip(err)
	}
	out, err := os.CreateTemp(t.TempDir(), "output")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Env = append(os.Environ(), "PORT=")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		killer := time.AfterFunc(devtooltest.Patience, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait() // the supervisors have exit codes of their own
		killer.Stop()
		out.Close()
	})
	return func() string {
		text, err := os.ReadFile(out.Name())
		return fmt.Sprintf("%s%v", bytes.TrimSpace(text), err)
	}
}

// ask gets the start page, once there is a socket to ask at.
func ask(t *testing.T, addr string, log func() string) string {
	t.Helper()
	client := &http.Client{Timeout: devtooltest.Patience, Transport: &http.Transport{DisableKeepAlives: true}}
	for deadline := time.Now().Add(devtooltest.Patience); ; {
		resp, err := client.Get("http://" + addr)
		if err == nil {
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			return string(body)
		}
		if time.Now().After(deadline) {
			t.Fatalf("%v; it said:\n%s", err, log())
		}
		time.Sleep(10 * time.Millisecond) // the other side is a process that cannot call us
	}
}
