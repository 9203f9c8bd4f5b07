package sourcemap

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Position is a place in a text as browsers count: lines from 1, columns from 1
// in UTF-16 code units.
type Position struct{ Line, Column int }

// Origin is the place in a source that a place in a bundle was made from.
type Origin struct {
	Source string // relative to the map; empty if unknown
	Position
}

// Map leads from a bundle to its sources.
type Map struct {
	sources  []string
	mappings []byte
}

// Parse reads a source map. The Map keeps data, which must not change.
//
// It decodes only what it needs: nine tenths of a map are the texts of the sources,
// and an error of a page should be shown at once.
func Parse(data []byte) (Map, error) {
	fields, err := members(data)
	if err != nil {
		return Map{}, err
	}
	if _, sectioned := fields["sections"]; sectioned {
		return Map{}, errors.New("source map with sections")
	}
	if version := fields["version"]; string(version) != "3" {
		return Map{}, fmt.Errorf("source map of revision %q, not 3", version)
	}
	var m Map
	if err := json.Unmarshal(fields["sources"], &m.sources); err != nil {
		return Map{}, fmt.Errorf("sources of the map: %w", err)
	}
	mappings := fields["mappings"]
	if len(mappings) < 2 || mappings[0] != '"' {
		return Map{}, errors.New("source map without mappings")
	}
	m.mappings = mappings[1 : len(mappings)-1] // of base64 digits, commas and semicolons: never escaped
	return m, nil
}

// members returns the members of a JSON object undecoded.
func members(data []byte) (map[string][]byte, error) {
	fields := map[string][]byte{}
	depth, name, start := 0, "", -1
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			end := stringEnd(data, i)
			if end < 0 {
				return nil, errors.New("source map breaks off")
			}
			if depth == 1 && start < 0 {
				name = string(data[i+1 : end])
			}
			i = end
		case ':':
			if depth == 1 {
				start = i + 1
			}
		case '{', '[':
			depth++
		case ',', '}', ']':
			if depth == 1 && start >= 0 {
				fields[name] = bytes.TrimSpace(data[start:i])
				start = -1
			}
			if data[i] != ',' {
				depth--
			}
		}
	}
	if depth != 0 || len(fields) == 0 {
		return nil, errors.New("source map is not a JSON object")
	}
	return fields, nil
}

// stringEnd returns where the string that begins at i ends, or -1.
func stringEnd(data []byte, i int) int {
	for end := i + 1; ; end++ {
		next := bytes.IndexByte(data[end:], '"')
		if next < 0 {
			return -1
		}
		end += next
		escapes := end
		for data[escapes-1] == '\\' {
			escapes--
		}
		if (end-escapes)%2 == 0 {
			return end
		}
	}
}

// Find returns where each of the given places came from. A place belongs to
// the nearest mapping before it on its line.
func (m Map) Find(places ...Position) []Origin {
	found := make([]Origin, len(places))
	order := make([]int, len(places))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return compare(places[a], places[b]) })
	for w := (walker{rest: m.mappings}); len(order) > 0 && w.next(); {
		for len(order) > 0 && compare(places[order[0]], w.at()) < 0 {
			order = order[1:] // all that follows lies behind it
		}
		for _, i := range order {
			if places[i].Line != w.at().Line {
				break
			}
			found[i] = m.origin(w.segment)
		}
	}
	return found
}

func compare(a, b Position) int {
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}

// origin is empty for text that was in no source, and for mappings that lead
// nowhere.
func (m Map) origin(s segment) Origin {
	if !s.mapped || s.source < 0 || s.source >= len(m.sources) || s.line < 0 || s.column < 0 {
		return Origin{}
	}
	return Origin{Source: m.sources[s.source], Position: Position{Line: s.line + 1, Column: s.column + 1}}
}
