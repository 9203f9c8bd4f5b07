package watch

import (
	"os"
	"path/filepath"
	"sync"
	"time"
)

// pollShare bounds the poller's use of a processor: it rests this many times as
// long as its last scan took.
const pollShare = 10

// poller is the backend that lists its directories over and over. What it finds
// is a hint, like an event.
type poller struct {
	sink  sink
	every time.Duration
	done  chan struct{}
	ended sync.WaitGroup

	mu      sync.Mutex
	running bool
	dirs    map[string]map[string]meta // directory → name → as last seen
}

func newPoller(s sink, every time.Duration) *poller {
	return &poller{sink: s, every: every, done: make(chan struct{}), dirs: make(map[string]map[string]meta)}
}

// Add polls dir for changes from its current state.
func (p *poller) Add(dir string) error {
	p.mu.Lock()
	_, known := p.dirs[dir]
	p.mu.Unlock()
	if known {
		return nil
	}
	seen, err := list(dir)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dirs[dir] = seen
	if !p.running {
		p.running = true
		p.ended.Go(p.loop)
	}
	return nil
}

func (p *poller) Remove(dir string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.dirs, dir)
}

func (p *poller) Close() {
	close(p.done)
	p.ended.Wait()
}

func (p *poller) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.dirs)
}

func (p *poller) loop() {
	timer := time.NewTimer(p.every)
	defer timer.Stop()
	for {
		select {
		case <-p.done:
			return
		case <-timer.C:
		}
		start := time.Now()
		for _, dir := range p.list() {
			p.scan(dir)
		}
		timer.Reset(max(p.every, pollShare*time.Since(start)))
	}
}

func (p *poller) list() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	dirs := make([]string, 0, len(p.dirs))
	for dir := range p.dirs {
		dirs = append(dirs, dir)
	}
	return dirs
}

// scan compares one directory with how it was and leaves hints.
func (p *poller) scan(dir string) {
	p.mu.Lock()
	old, watched := p.dirs[dir]
	p.mu.Unlock()
	if !watched {
		return
	}
	seen, err := list(dir)
	for _, name := range differing(old, seen) {
		_, was := old[name]
		_, is := seen[name]
		p.sink.hint(filepath.Join(dir, name), happening{moved: was != is || old[name].id != seen[name].id})
	}
	if err != nil {
		p.sink.hint(dir, happening{moved: true})
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, watched := p.dirs[dir]; watched {
		p.dirs[dir] = seen
	}
}

// differing returns the names that appeared, vanished or changed. It ignores the
// times of directories, which change with every entry. The tree deals with files
// written twice in one tick of the filesystem's clock.
func differing(old, seen map[string]meta) (names []string) {
	for name, m := range seen {
		was, known := old[name]
		if known && (m.same(was) && m.ctime == was.ctime || m.dir && was.dir && m.id == was.id) {
			continue
		}
		names = append(names, name)
	}
	for name := range old {
		if _, still := seen[name]; !still {
			names = append(names, name)
		}
	}
	return names
}

// list returns the metadata of dir's entries; what vanishes meanwhile is left out.
func list(dir string) (map[string]meta, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	seen := make(map[string]meta, len(names))
	for _, name := range names {
		if m, ok := lstat(filepath.Join(dir, name)); ok {
			seen[name] = m
		}
	}
	return seen, err
}
