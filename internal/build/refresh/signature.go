package refresh

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
)

// Signature says whether a version of a component may take over the state of
// another: their keys are equal, and neither asks for a reset.
type Signature struct {
	Key   string
	Reset bool
}

// Digest is the key, shortened.
func (s Signature) Digest() string { return digest(s.Key) }

func digest(key string) string {
	sum := sha256.Sum256([]byte(key))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// Program is the modules that the keys of a component depend on: a component
// that calls a custom hook depends on the hooks that that one calls.
type Program struct {
	Module  func(id string) *Module                // nil for what is not known, such as packages
	Resolve func(id, specifier string) (to string) // "" for what leads nowhere

	known map[member]Signature
	busy  map[member]bool
}

// member is a function of a module: the name is local. "*" stands for all that
// the module calls.
type member struct{ id, name string }

// Signatures returns those of the functions of a module that may be components
// and call hooks, by local name; "default" for one without a name.
func (p *Program) Signatures(id string) map[string]Signature {
	module := p.Module(id)
	if module == nil {
		return nil
	}
	exported := make(map[string]bool)
	for _, export := range module.Exports {
		exported[export.Local] = export.Component
	}
	all := make(map[string]Signature)
	for name := range module.Functions {
		if !capitalised(name) && name != "default" && !exported[name] {
			continue
		}
		if signature := p.of(member{id, name}); signature != (Signature{}) {
			all[name] = signature
		}
	}
	return all
}

// of returns the signature of one function. It is zero if it calls no hook.
func (p *Program) of(m member) Signature {
	if p.known == nil {
		p.known, p.busy = make(map[member]Signature), make(map[member]bool)
	}
	if signature, ok := p.known[m]; ok {
		return signature
	}
	if p.busy[m] { // hooks that call one another
		return Signature{}
	}
	p.busy[m] = true
	signature := p.trace(m)
	delete(p.busy, m)
	p.known[m] = signature
	return signature
}

// trace joins the hooks that a function calls with those that they call.
func (p *Program) trace(m member) Signature {
	module := p.Module(m.id)
	if module == nil {
		return Signature{}
	}
	key := keyOf{Program: p, id: m.id, module: module}
	if m.name == "*" {
		for _, name := range sortedNames(module.Functions) {
			key.function(module.Functions[name])
		}
	} else {
		key.function(module.Functions[m.name])
	}
	key.calls(module.nested)
	for _, hook := range module.nested.hooks {
		key.follow(hook)
	}
	if len(key.parts) == 0 {
		return Signature{}
	}
	return Signature{Key: strings.Join(key.parts, "\n"), Reset: key.reset || module.reset}
}

// keyOf is a key in the making.
type keyOf struct {
	*Program
	id     string
	module *Module
	parts  []string
	reset  bool
}

func (k *keyOf) function(f Function) {
	k.calls(f)
	k.reset = k.reset || f.reset
	for _, hook := range f.hooks {
		if !k.follow(hook) {
			k.reset = true
		}
	}
	for _, wrapper := range f.wraps {
		k.follow(wrapper)
	}
}

func (k *keyOf) calls(f Function) {
	if len(f.calls) > 0 {
		k.parts = append(k.parts, strings.Join(f.calls, "\n"))
	}
}

// follow adds what a function that is called calls in its turn. It reports
// whether the name is one of the module.
func (k *keyOf) follow(to ref) (bound bool) {
	first := to.object
	if first == "" {
		first = to.name
	}
	if !k.module.bound[first] {
		return false
	}
	if from, imported := k.module.Imports[first]; imported {
		switch {
		case to.object == "":
			k.imported(k.id, from, nil)
		case from.Name == "*":
			k.imported(k.id, Name{from.Specifier, to.name}, nil)
		default: // a member of an object of that module
			k.add(member{k.Resolve(k.id, from.Specifier), "*"})
		}
		return true
	}
	if _, known := k.module.Functions[to.name]; known && to.object == "" {
		k.add(member{k.id, to.name})
	}
	return true
}

// imported adds what an exported function calls, wherever it is passed on from.
// It reports whether there is such an export.
func (k *keyOf) imported(importer string, from Name, seen []Name) bool {
	id := k.Resolve(importer, from.Specifier)
	module := k.Module(id)
	here := Name{id, from.Name}
	if module == nil || slices.Contains(seen, here) {
		return false
	}
	seen = append(seen, here)
	export, ok := module.Exports[from.Name]
	switch {
	case ok && export.From.Specifier != "":
		return k.imported(id, export.From, seen)
	case ok:
		local := export.Local
		if local == "" {
			local = "default"
		}
		if _, known := module.Functions[local]; !known {
			local = "*" // made by a call: what the module calls may be within
		}
		k.add(member{id, local})
		return true
	}
	for _, star := range module.Stars {
		if k.imported(id, Name{star, from.Name}, seen) {
			return true
		}
	}
	return false
}

// add appends a digest, so that keys do not grow with the depth of calls.
func (k *keyOf) add(m member) {
	signature := k.of(m)
	k.reset = k.reset || signature.Reset
	if signature.Key != "" {
		k.parts = append(k.parts, "---"+digest(signature.Key))
	}
}

func sortedNames(functions map[string]Function) []string {
	names := make([]string, 0, len(functions))
	for name := range functions {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
