package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"text/tabwriter"
	"time"
)

// starter is a way of starting the program with a socket at an address.
type starter struct {
	name    string
	command func(program, addr string) []string
	took    []time.Duration
}

// accept measures from starting the supervisor to the program's first answer.
func (b *bench) accept(ctx context.Context) error {
	starters := []*starter{
		{name: "the program alone", command: func(program, _ string) []string { return []string{program} }},
		{name: "systemd-socket-activate", command: func(program, addr string) []string {
			return []string{"systemd-socket-activate", "--listen=" + addr, program}
		}},
		{name: "devtool socket", command: func(program, addr string) []string {
			return []string{b.devtool, "socket", "-s", "tcp::" + addr, "--", program}
		}},
	}
	starters = slices.DeleteFunc(starters, func(s *starter) bool {
		_, err := exec.LookPath(s.command("true", "")[0])
		return err != nil
	})
	for round := range b.rounds {
		for i := range starters {
			s := starters[(round+i)%len(starters)]
			took, err := b.firstAnswer(ctx, s)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			s.took = append(s.took, took)
		}
	}
	table := tabwriter.NewWriter(b.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "start to first answer, %d times each\t median\t fastest\t slowest\t\n", b.rounds)
	for _, s := range starters {
		slices.Sort(s.took)
		fmt.Fprintf(table, "%s\t %.1f ms\t %.1f ms\t %.1f ms\t\n", s.name, ms(median(s.took)), ms(s.took[0]), ms(s.took[len(s.took)-1]))
	}
	return table.Flush()
}

func (b *bench) firstAnswer(ctx context.Context, s *starter) (time.Duration, error) {
	addr, err := freeAddr()
	if err != nil {
		return 0, err
	}
	argv := s.command(b.app+"/program", addr)
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = b.app, append(b.env, "ADDR="+addr)
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	defer func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait() // interrupted
	}()
	for {
		err := get(addr)
		if err == nil {
			return time.Since(begun), nil
		}
		if ctx.Err() != nil || time.Since(begun) > 10*time.Second {
			return 0, err
		}
		time.Sleep(200 * time.Microsecond)
	}
}

// get asks once, without the cost of a pool.
func get(addr string) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	return ask(conn)
}

// ask sends a request over a connection and reads the answer.
func ask(conn net.Conn) error {
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"); err != nil {
		return err
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err = io.Copy(io.Discard, resp.Body); err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("answered %s", resp.Status)
	}
	return err
}

func freeAddr() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return ln.Addr().String(), ln.Close()
}

func median(sorted []time.Duration) time.Duration { return sorted[len(sorted)/2] }

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
