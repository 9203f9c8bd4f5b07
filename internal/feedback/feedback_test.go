package feedback

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// play lets a program start, and files change some time after; each change that
// counts starts it again. Steps are "delay file file…"; a delay alone is a start for
// another reason. It returns the steps whose change counted, and what was caught.
func play(steps []string, proof Proof) (counted []int, caught string) {
	at := time.Unix(1_000_000, 0)
	b := Brake{}.Started(at)
	for i, step := range steps {
		words := strings.Fields(step)
		delay, err := time.ParseDuration(words[0])
		if err != nil {
			panic(err)
		}
		at = at.Add(delay)
		var v Verdict
		if len(words) > 1 {
			b, v = b.Changed(words[1:], at, proof)
			for _, name := range v.Caught {
				caught += fmt.Sprintf("%d:%s ", i, name)
			}
			if len(v.Count) == 0 {
				continue
			}
			counted = append(counted, i)
		}
		b = b.Started(at)
	}
	return counted, strings.TrimSpace(caught)
}

func times(n int, step string) []string {
	steps := make([]string, n)
	for i := range steps {
		steps[i] = strings.ReplaceAll(step, "#", fmt.Sprint(i))
	}
	return steps
}

func TestBrake(t *testing.T) {
	t.Parallel()
	alternating := []string{"50ms a.log", "60ms b.log", "50ms a.log", "40ms b.log", "50ms a.log", "50ms b.log", "50ms a.log"}
	for name, tt := range map[string]struct {
		steps   []string
		counted string
		caught  string
	}{
		"a program that writes at once":        {times(8, "30ms out.html"), "[0 1 2 3]", "4:out.html"},
		"among others":                         {times(6, "30ms out.html x/#.txt"), "[0 1 2 3]", "4:out.html 4:x/*.txt"},
		"a slow one":                           {times(7, "4s out.html"), "[0 1 2 3]", "4:out.html"},
		"not quite steady":                     {[]string{"3s a", "3.3s a", "2.9s a", "3.1s a", "3.4s a", "3s a"}, "[0 1 2 3]", "4:a"},
		"ever new names":                       {times(7, "30ms logs/#.log"), "[0 1 2 3]", "4:logs/*.log"},
		"two in turn":                          {alternating, "[0 1 2 3]", "4:*.log"},
		"a new directory each time":            {times(7, "30ms out/#/x.html"), "[0 1 2 3]", "4:out/**/*.html"},
		"a new directory, deep":                {times(7, "30ms a/out/#/#/x.html"), "[0 1 2 3]", "4:a/out/**/*.html"},
		"a new directory, slow":                {times(7, "3s out/#/x.html"), "[0 1 2 3]", "4:out/**/*.html"},
		"new directories with several files":   {times(7, "30ms out/#/x.html out/#/y.css"), "[0 1 2 3]", "4:out/**/*.html 4:out/**/*.css"},
		"two directories by turns":             {append(times(3, "30ms b/#/x.log"), times(4, "30ms c/#/x.log")...), "[0 1 2 3]", "4:**/*.log"},
		"a new directory, no extension":        {times(7, "30ms out/#/x"), "[0 1 2 3]", "4:out/**/*"},
		"new directories themselves":           {times(7, "30ms out/#"), "[0 1 2 3]", "4:out/*"},
		"numbers for extensions":               {times(7, "30ms out/log.#"), "[0 1 2 3]", "4:out/*"},
		"outside the project":                  {times(7, "30ms ../out/#/x.go"), "[0 1 2 3]", "4:../out/**/*.go"},
		"from the root":                        {times(7, "30ms /#/x.go"), "[0 1 2 3]", "4:/**/*.go"},
		"a new directory; others still count":  {append(times(5, "30ms out/#/x.html"), "1s in/x.html", "30ms out/9/x.html", "1s in/x.html"), "[0 1 2 3 5 7]", "4:out/**/*.html"},
		"one file after another":               {[]string{"3s a/a.go", "3.4s b/b.go", "2.9s c/c.go", "3.1s d/d.go", "3.4s e/e.go", "3s f/f.go"}, "[0 1 2 3 4 5]", ""},
		"a person who tries things":            {[]string{"3s a.css", "8s a.css", "5s a.css", "2s a.css", "6s a.css", "4s a.css"}, "[0 1 2 3 4 5]", ""},
		"an editor that saves while one types": {[]string{"1.1s a.go", "2.4s a.go", "1.3s a.go", "1.9s a.go", "1.2s a.go", "1.6s a.go"}, "[0 1 2 3 4 5]", ""},
		"a person, minutes apart":              {times(9, "60s a.css"), "[0 1 2 3 4 5 6 7 8]", ""},
		"other starts in between":              {[]string{"30ms a", "30ms a", "30ms a", "5s", "5s", "30ms a", "30ms a", "30ms a", "30ms a"}, "[0 1 2 5 6 7 8]", ""},
		"an edit by hand of what was caught":   {append(times(5, "30ms a"), "60s a", "30ms a", "30ms a"), "[0 1 2 3 5]", "4:a"},
		"others still count":                   {append(times(5, "30ms a"), "1s b", "30ms a", "1s b"), "[0 1 2 3 5 7]", "4:a"},
		"one that writes all the time":         {append(times(5, "30ms a"), times(20, "3s a")...), "[0 1 2 3]", "4:a"},
		"the while doubles each time":          {append(times(5, "30ms a"), "11s a", "1s a", "12s a", "21s a"), "[0 1 2 3 5 8]", "4:a"},
		"changes in one run are counted once":  {append([]string{"30ms"}, times(4, "30ms a")...), "[1 2 3 4]", ""},
		"a start that was not":                 {nil, "[]", ""},
	} {
		counted, caught := play(tt.steps, Short)
		if fmt.Sprint(counted) != tt.counted || caught != tt.caught {
			t.Errorf("%s: counted %v, caught %q; want %s, %q", name, counted, caught, tt.counted, tt.caught)
		}
	}
	if _, v := (Brake{}).Changed([]string{"a"}, time.Now(), Short); len(v.Count) != 1 {
		t.Errorf("before the first start: %+v, want a to count", v)
	}
}

// TestSteadyProof checks that a short delay alone proves nothing about files that
// tools rewrite as soon as they can.
func TestSteadyProof(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		steps   []string
		counted string
		caught  string
	}{
		"a program that writes at once":  {times(7, "30ms version.go"), "[0 1 2 3]", "4:version.go"},
		"a slow one":                     {[]string{"2s v.go", "2.1s v.go", "2.2s v.go", "2s v.go", "2s v.go", "2s v.go"}, "[0 1 2 3]", "4:v.go"},
		"a machine that stalls once":     {[]string{"30ms v.go", "700ms v.go", "30ms v.go", "30ms v.go", "30ms v.go", "30ms v.go", "30ms v.go"}, "[0 1 2 3 4 5]", "6:v.go"},
		"a tool that writes when it can": {[]string{"300ms v.go", "10ms v.go", "100ms v.go", "400ms v.go", "200ms v.go", "50ms v.go"}, "[0 1 2 3 4 5]", ""},
	} {
		counted, caught := play(tt.steps, Steady)
		if fmt.Sprint(counted) != tt.counted || caught != tt.caught {
			t.Errorf("%s: counted %v, caught %q; want %s, %q", name, counted, caught, tt.counted, tt.caught)
		}
	}
}

// TestBrakeIsAValue: policy keeps older states.
func TestBrakeIsAValue(t *testing.T) {
	t.Parallel()
	at := time.Unix(1, 0)
	b := Brake{}.Started(at)
	for range rounds - 1 {
		b, _ = b.Changed([]string{"a"}, at, Short)
		b = b.Started(at)
	}
	for range 2 {
		if _, v := b.Changed([]string{"a"}, at, Short); len(v.Caught) != 1 {
			t.Fatalf("verdict %+v, want a to be caught, again and again", v)
		}
		b.Started(at)
	}
}
