package build

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/evanw/esbuild/pkg/api"
)

// bundler is an esbuild context that can be canceled and that knows what it
// read. It is not safe for concurrent use.
type bundler struct {
	context api.BuildContext
	reads   *readLog
	started chan struct{} // closed once the running build can be canceled
}

// newBundler prepares a build of entries. The plugins are made for it, because
// they write down what it reads.
func newBundler(options api.BuildOptions, entries []api.EntryPoint, plugins func(*readLog) []api.Plugin) (*bundler, error) {
	b := &bundler{reads: new(readLog)}
	options.EntryPointsAdvanced = entries
	options.Plugins = append([]api.Plugin{{Name: "devtool-start", Setup: func(build api.PluginBuild) {
		build.OnStart(func() (api.OnStartResult, error) {
			close(b.started)
			return api.OnStartResult{}, nil
		})
	}}}, plugins(b.reads)...)
	context, err := api.Context(options)
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	b.context = context
	return b, nil
}

// rebuild runs one build. It reports whether ctx ended before the build was
// done; the result is then worth nothing.
func (b *bundler) rebuild(ctx context.Context) (result api.BuildResult, canceled bool) {
	if ctx.Err() != nil {
		return result, true
	}
	b.reads.reset()
	b.started = make(chan struct{})
	done := make(chan struct{})
	var canceler sync.WaitGroup
	canceler.Go(func() {
		// To esbuild, canceling what has not begun means nothing: wait for it to
		// begin, or the request is lost.
		select {
		case <-ctx.Done():
		case <-done:
			return
		}
		select {
		case <-b.started:
			b.context.Cancel()
		case <-done:
		}
	})
	result = b.context.Rebuild()
	close(done)
	canceler.Wait()
	return result, ctx.Err() != nil && len(result.Errors) > 0
}

func (b *bundler) close() { b.context.Dispose() }

// readLog collects the files that a build reads. esbuild's metafile lists them
// too, but only of builds that succeed. Plugins write it from many goroutines.
type readLog struct {
	mu   sync.Mutex
	seen map[string]bool // to whether the contents ended up in a script

	globs []Glob // of which files were read, whichever there were
}

func (l *readLog) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen, l.globs = make(map[string]bool), nil
}

// addGlob notes sets of files of which more may come.
func (l *readLog) addGlob(globs []Glob) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.globs = append(l.globs, globs...)
}

// add notes a file that esbuild loads by itself.
func (l *readLog) add(file string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.seen[file] {
		l.seen[file] = false // loaded, if nothing more is known of it
	}
}

// addEmbedded notes a file whose contents a script gets, as text or as a URL.
func (l *readLog) addEmbedded(file string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen[file] = true
}

// files returns all that were read.
func (l *readLog) files() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(maps.Keys(l.seen))
}

// embedded returns the files that were noted by addEmbedded.
func (l *readLog) embedded() map[string]bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	embedded := maps.Clone(l.seen)
	maps.DeleteFunc(embedded, func(_ string, is bool) bool { return !is })
	return embedded
}
