package main

import (
	"strings"
	"testing"
	"time"
)

const said = `Running 1s test @ http://127.0.0.1:1
  2 threads and 32 connections
  Latency Distribution
     50%  612.00us
     75%    1.02ms
  24508 requests in 1.00s, 27.0MB read
Requests/sec:  24430.67
`

func TestParse(t *testing.T) {
	t.Parallel()
	p50, rate, err := parse(said)
	if p50 != 612*time.Microsecond || rate != 24430.67 || err != nil {
		t.Errorf("got %v, %v, %v", p50, rate, err)
	}
	for _, bad := range []string{said + "  Non-2xx or 3xx responses: 7\n", "  Socket errors: connect 1, read 0\n" + said, "unable to connect"} {
		if _, _, err := parse(bad); err == nil {
			t.Errorf("took %q for a result", bad)
		}
	}
}

func TestPrint(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	printTable(&b, []*side{
		{"app", "", []time.Duration{50_000, 40_000, 60_000}, []float64{3, 1, 2}},
		{"bare", "", []time.Duration{100_000}, []float64{2}},
		{"devtool", "", []time.Duration{150_000}, []float64{1}},
	})
	for _, want := range []string{"| app | 50µs | -50µs | 2 | 1.00 |", "| devtool | 150µs | 50µs | 1 | 0.50 |"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}
