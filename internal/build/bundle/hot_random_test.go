package bundle

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/calendsync/devtool/internal/browsertest"
)

// A randomModule is one of a program that imports only those after it, but for
// cycles.
type randomModule struct {
	kind    string // "component", "hook", "value", "mixed", "barrel", "class"
	text    int    // what it shows
	state   int    // the initial value of its state
	memo    bool
	private bool  // it has a component of its own that is not exported
	effect  bool  // one hook more
	imports []int // modules; of a component some are rendered
	cycle   int   // a module before it that it imports, or -1
}

type randomProgram struct {
	*rand.Rand
	modules []*randomModule
}

func newRandomProgram(r *rand.Rand, n int) *randomProgram {
	p := &randomProgram{Rand: r}
	for range n {
		p.modules = append(p.modules, p.newModule())
	}
	p.modules[0].kind = "component"
	for i, m := range p.modules {
		for range 1 + p.IntN(3) {
			p.addImport(i)
		}
		if i > 0 { // all are reached
			at := p.modules[p.IntN(i)]
			if !slices.Contains(at.imports, i) {
				at.imports = append(at.imports, i)
			}
		}
		if i > 2 && p.IntN(6) == 0 {
			m.cycle = p.IntN(i)
		}
	}
	return p
}

func (p *randomProgram) newModule() *randomModule {
	kinds := []string{"component", "component", "component", "hook", "value", "mixed", "barrel", "class"}
	return &randomModule{kind: kinds[p.IntN(len(kinds))], text: p.IntN(100), state: p.IntN(100), memo: p.IntN(3) == 0, private: p.IntN(3) == 0, cycle: -1}
}

func (p *randomProgram) addImport(i int) {
	if i+1 >= len(p.modules) {
		return
	}
	to := i + 1 + p.IntN(len(p.modules)-i-1)
	if !slices.Contains(p.modules[i].imports, to) {
		p.modules[i].imports = append(p.modules[i].imports, to)
	}
}

func fileOf(i int) string { return fmt.Sprintf("web/m%d.tsx", i) }

// exports returns which names a module exports for others to use, by their role.
func (p *randomProgram) exports(i int, seen []int) (components, hooks, values []string) {
	m := p.modules[i]
	switch m.kind {
	case "component", "class":
		return []string{fmt.Sprintf("Part%d", i)}, nil, nil
	case "hook":
		return nil, []string{fmt.Sprintf("useHook%d", i)}, nil
	case "value":
		return nil, nil, []string{fmt.Sprintf("value%d", i)}
	case "mixed":
		return []string{fmt.Sprintf("Part%d", i)}, nil, []string{fmt.Sprintf("value%d", i)}
	}
	for _, to := range m.imports {
		if slices.Contains(seen, to) {
			continue
		}
		c, h, v := p.exports(to, append(seen, i))
		components, hooks, values = append(components, c...), append(hooks, h...), append(values, v...)
	}
	return components, hooks, values
}

// source writes a module.
func (p *randomProgram) source(i int) string {
	m := p.modules[i]
	var b strings.Builder
	if m.kind == "barrel" {
		for _, to := range m.imports {
			fmt.Fprintf(&b, "export * from './m%d'\n", to)
		}
		if len(m.imports) == 0 {
			b.WriteString("export {}\n")
		}
		return b.String()
	}
	b.WriteString("import { useState, useRef, memo, Component } from 'react'\n")
	var components, hooks, values []string
	for _, to := range m.imports {
		c, h, v := p.exports(to, []int{i})
		names := []string{}
		for _, list := range []struct {
			from []string
			to   *[]string
		}{{c, &components}, {h, &hooks}, {v, &values}} {
			for _, name := range list.from {
				if !slices.Contains(*list.to, name) && !slices.Contains(names, name) {
					*list.to, names = append(*list.to, name), append(names, name)
				}
			}
		}
		fmt.Fprintf(&b, "import { %s } from './m%d'\n", strings.Join(names, ", "), to)
	}
	if m.cycle >= 0 {
		if _, _, v := p.exports(m.cycle, nil); len(v) > 0 && !slices.Contains(values, v[0]) && p.modules[m.cycle].kind != "barrel" {
			fmt.Fprintf(&b, "import { %s } from './m%d'\n", v[0], m.cycle)
		}
	}
	hooksCalled := fmt.Sprintf("const [s] = useState(%d);", m.state)
	if m.effect {
		hooksCalled = "const r = useRef(1); " + hooksCalled
	}
	for j, name := range hooks {
		hooksCalled += fmt.Sprintf(" const h%d = %s();", j, name)
	}
	shown := func() string {
		text := fmt.Sprintf("<i>t%d </i>{s} ", m.text)
		for j := range hooks {
			text += fmt.Sprintf("{h%d} ", j)
		}
		for _, name := range values {
			text += fmt.Sprintf("{%s} ", name)
		}
		return text
	}
	rendered := ""
	for j, name := range components {
		if j < 3 {
			rendered += "<" + name + "/>"
		}
	}
	valueText := fmt.Sprintf("'v%d'", m.text)
	for _, name := range values {
		valueText += " + " + name
	}
	switch m.kind {
	case "value":
		fmt.Fprintf(&b, "export const value%d = %s\n", i, valueText)
		return b.String()
	case "hook":
		fmt.Fprintf(&b, "export function useHook%d() { %s return 'h%d ' + s }\n", i, hooksCalled, m.text)
		return b.String()
	case "class":
		fmt.Fprintf(&b, "export class Part%d extends Component { state = { s: %d }\n render() { return <div>c%d {this.state.s}</div> } }\n", i, m.state, m.text)
		return b.String()
	}
	if m.private {
		fmt.Fprintf(&b, "const Own = () => { const [o] = useState(%d); return <b>own%d {o} </b> }\n", m.state, m.text)
		rendered = "<Own/>" + rendered
	}
	if m.memo {
		fmt.Fprintf(&b, "export const Part%d = memo(() => { %s return <div>%s%s</div> })\n", i, hooksCalled, shown(), rendered)
	} else {
		fmt.Fprintf(&b, "export function Part%d() { %s return <div>%s%s</div> }\n", i, hooksCalled, shown(), rendered)
	}
	if m.kind == "mixed" {
		fmt.Fprintf(&b, "export const value%d = %s\n", i, valueText)
	}
	return b.String()
}

func (p *randomProgram) sources() map[string]string {
	files := map[string]string{
		"package.json": `{"dependencies": {"react": "*", "react-dom": "*"}}`,
		"web/main.tsx": "import { createRoot } from 'react-dom/client'\nimport { Part0 } from './m0'\ncreateRoot(document.querySelector('#root')!).render(<Part0/>)\n",
	}
	for i := range p.modules {
		files[fileOf(i)] = p.source(i)
	}
	return files
}

// edit changes the program in one way.
func (p *randomProgram) edit() {
	i := p.IntN(len(p.modules))
	m := p.modules[i]
	switch p.IntN(12) {
	case 0, 1, 2, 3:
		m.text++
	case 4:
		m.state++
	case 5:
		m.effect = !m.effect
	case 6:
		m.private = !m.private
	case 7:
		m.memo = !m.memo
	case 8:
		p.addImport(i)
	case 9:
		if len(m.imports) > 0 {
			m.imports = slices.Delete(slices.Clone(m.imports), 0, 1)
		}
	case 10:
		if m.kind == "component" && i > 0 {
			m.kind = "mixed"
		} else if m.kind == "mixed" {
			m.kind = "component"
		}
	case 11:
		p.modules = append(p.modules, p.newModule())
		m.imports = append(slices.Clone(m.imports), len(p.modules)-1)
	}
}

// load loads the page of a tab again, and waits for it.
func load(tab *browsertest.Tab) {
	browsertest.Eval[any](tab, "(window.old = true, location.reload(), 1)")
	tab.Until("!window.old && window.doubts && document.querySelector('#root').innerText !== ''")
}

// TestHotRandomEdits edits a program at random, with and without a build between
// two edits. After each build the page shows what a fresh one shows. HOT_EDITS and
// HOT_SEED make it longer, and another.
func TestHotRandomEdits(t *testing.T) {
	t.Parallel()
	browser := browsertest.Start(t)
	edits, seed := 40, uint64(1)
	if text := os.Getenv("HOT_EDITS"); text != "" {
		edits, _ = strconv.Atoi(text)
	}
	if text := os.Getenv("HOT_SEED"); text != "" {
		seed, _ = strconv.ParseUint(text, 10, 64)
	}
	program := newRandomProgram(rand.New(rand.NewPCG(seed, 1)), 14)
	files := program.sources()
	p := openHot(t, browser, npm(t, "react@19.3.1", "react-dom@19.3.1"), files)
	fresh := p.open()
	patched, reloads := 0, map[string]int{}
	for n := range edits {
		for range 1 + program.IntN(2) {
			program.edit()
		}
		now, save := program.sources(), map[string]string{}
		for name, text := range now {
			if files[name] != text {
				save[name] = text
			}
		}
		files = now
		var changed []string
		for name, text := range save {
			changed = append(changed, write(t, p.dir, name, text))
		}
		patches, reason := p.web.Patch(context.Background(), changed)
		p.tell(patches)
		doubts := browsertest.Eval[[]string](p.tab, "doubts")
		if reason == "" && len(doubts) == 0 && n < edits-1 && program.IntN(3) == 0 {
			patched++
			continue // the next save comes before the bundles are built
		}
		if result := p.build(changed...); result.Outputs == nil {
			t.Fatalf("edit %d does not build: %+v", n, result.Diagnostics)
		}
		load(fresh)
		want := browsertest.Eval[string](fresh, "document.querySelector('#root').innerHTML")
		switch {
		case len(save) == 0:
		case reason != "" || len(doubts) > 0:
			reloads[fmt.Sprint(reason, doubts)]++
			load(p.tab)
			p.mu.Lock()
			p.patches = nil
			p.mu.Unlock()
		default:
			patched++
		}
		if got := browsertest.Eval[string](p.tab, "document.querySelector('#root').innerHTML"); got != want {
			for _, patch := range patches {
				t.Logf("%s", patch.Contents)
			}
			t.Fatalf("edit %d of seed %d: saved %q (reason %q, doubts %q)\nthe page  %s\na fresh one %s", n, seed, save, reason, doubts, got, want)
		}
	}
	t.Logf("%d of %d edits were patched; reloads %v", patched, edits, reloads)
	if patched < edits/2 {
		t.Errorf("only %d of %d edits were patched: %v", patched, edits, reloads)
	}
}
