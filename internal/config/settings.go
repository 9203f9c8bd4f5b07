package config

// The doc comments of the types below are the reference documentation of
// devtool.toml: they are embedded and read back by [Reference], so that the
// commented file, the schema and the manual cannot disagree with the code.
// Each begins with what the setting does; units and defaults stand at the end.

// Config is every setting of a project. Paths are absolute, slices are never
// shared between two values.
type Config struct {
	Server   Server     `toml:"server"`
	Go       Go         `toml:"go"`
	App      App        `toml:"app"`
	Web      Web        `toml:"web"`
	Overlay  Overlay    `toml:"overlay"`
	Rules    []Rule     `toml:"rule"`
	Generate []Generate `toml:"generate"`

	// Root is the directory that relative paths are relative to: that of
	// devtool.toml, else that of go.mod.
	Root string `toml:"-"`
	// Files are the configuration files that were read, the strongest last.
	Files []string `toml:"-"`
	// Candidates are the files that are read if they are there.
	Candidates []string `toml:"-"`
	// Production says that what is shipped is built, not what is developed.
	Production bool `toml:"-"`
	// Notes are things the user should be told that are not errors.
	Notes []Note `toml:"-"`

	// OtherMains are main packages that were found beside the chosen one.
	OtherMains []string `toml:"-"`

	origins map[string]Origin
}

// Note is a remark about the settings that stops nothing.
type Note struct {
	Text string
	Hint string // what to do about it; may be empty
}

// Server is the public side: where devtool listens and for whom.
type Server struct {
	// Address to listen on: an IP address, or localhost for both 127.0.0.1 and
	// ::1. Anything but loopback opens the app to the network.
	Host string `toml:"host"`
	// Public port. 0 takes any free one. When it is not set, PORT from the
	// environment or an env file is used.
	Port int `toml:"port"`
	// Fail when the port is taken instead of moving on to the next free one.
	// On by default when the port was chosen.
	StrictPort bool `toml:"strict_port"`
	// Open the browser once the app is ready: true, or the path to open.
	Open Open `toml:"open"`
	// "proxy" sends requests through devtool; "direct" gives the app the public
	// socket itself.
	Mode string `toml:"mode" enum:"proxy,direct"`
	// Host names that requests may use, besides localhost and IP addresses.
	// Names only, without scheme or port.
	AllowedHosts []string `toml:"allowed_hosts"`
	// Serve HTTPS, with cert and key or else with a certificate made for this
	// machine. On by default when cert is set.
	HTTPS bool `toml:"https"`
	// Certificate file in PEM format; needs key.
	Cert string `toml:"cert"`
	// Private key file in PEM format; needs cert.
	Key string `toml:"key"`
}

// Go is how the app is built; nothing here is given to the running app.
type Go struct {
	// Main package to build: a path such as ./cmd/api, or an import path.
	// Found automatically when there is an obvious one.
	Package string `toml:"package"`
	// Build tags.
	Tags []string `toml:"tags"`
	// Build with the race detector.
	Race bool `toml:"race"`
	// Build for a debugger such as Delve: without optimizations, unless gcflags
	// say which, and with the debugging information that is left out to link
	// faster. gcflags with -N keep that information, too.
	Debug bool `toml:"debug"`
	// Linker flags, added to devtool's own.
	LDFlags string `toml:"ldflags"`
	// Compiler flags.
	GCFlags string `toml:"gcflags"`
	// Environment variables of the build.
	Env map[string]string `toml:"env"`
	// More flags for go build. Flags that show progress (-v, -x) have no effect.
	GOFlags Command `toml:"goflags"`
	// After a successful build, rebuild by running the compilers and the linker
	// alone where that leads to the same program as go build, which then costs less.
	Fast bool `toml:"fast"`
	// Your own build command (make, mage) instead of go build; needs output.
	Command Command `toml:"command"`
	// The binary that command writes.
	Output string `toml:"output"`
}

// App is how the built app is run, replaced and stopped.
type App struct {
	// Arguments of the app. ${PORT}, ${HOST} and ${DEVTOOL_URL} are filled in.
	Args Command `toml:"args"`
	// Environment variables of the app, over the environment and env files.
	// ${PORT}, ${HOST} and ${DEVTOOL_URL} are filled in.
	Env map[string]string `toml:"env"`
	// Env files, the strongest last. A missing one is skipped; the real
	// environment wins over all of them. ${NAME} and $NAME stand for variables
	// that are set in the environment or above; any other $ stands for itself. A
	// line that is not NAME=value is skipped, and devtool says which.
	EnvFiles []string `toml:"env_files"`
	// Working directory of the app. By default the project root or, if that is
	// not in a module, the directory of the app's module.
	Cwd string `toml:"cwd"`
	// Connect the app's standard input to the terminal.
	Stdin bool `toml:"stdin"`
	// Run the app on a terminal of its own that takes your input: for apps that
	// behave differently on a terminal, or ask questions. Unix only.
	Pty bool `toml:"pty"`
	// Pass a listening socket (LISTEN_FDS) to the app. By default devtool decides
	// by looking at the app's code.
	Socket *bool `toml:"socket"`
	// How devtool knows that the app is ready: a path that answers with 2xx or
	// 3xx, "tcp", or "started". Detected by default.
	Ready string `toml:"ready"`
	// How long the app may take to become ready.
	ReadyTimeout Duration `toml:"ready_timeout"`
	// Whether the old app stops before the new one starts, or after it is ready.
	Restart string `toml:"restart" enum:"replace,overlap"`
	// Start the last good binary again when a new one does not become ready.
	Rollback bool `toml:"rollback"`
	// How long the app may take to stop after SIGTERM before it is killed.
	StopTimeout Duration `toml:"stop_timeout"`
	// How long requests in flight may take to finish before the app is stopped.
	DrainTimeout Duration `toml:"drain_timeout"`
	// Command that fills the app with data. --seed runs it once the app is ready.
	Seed Command `toml:"seed"`
}

// Web is the TypeScript and CSS side, bundled in memory.
type Web struct {
	// Scripts and style sheets to bundle. Found automatically by default; an
	// empty list turns bundling off.
	EntryPoints []string `toml:"entry_points"`
	// Page to serve when the app answers a document request with 404, for
	// client-side routes.
	HTML string `toml:"html"`
	// URL prefix of the bundles. Begins and ends with a slash.
	PublicPath string `toml:"public_path"`
	// Directory whose files are served as they are, at the root URL.
	PublicDir string `toml:"public_dir"`
	// URL prefixes and the directories served under them, from disk, even if
	// the app embeds them.
	Mounts map[string]string `toml:"mounts"`
	// Directory to write the bundles to as well, for apps that embed them. The
	// page is written there too, or above it where the directory ends like
	// public_path (dist/assets). Found automatically in Vite projects. If a file
	// of yours is in the way, it is put back when devtool ends.
	WriteDir string `toml:"write_dir"`
	// Global names and the expressions that replace them.
	Define map[string]string `toml:"define"`
	// File extensions and how their content is loaded (file, dataurl, text…).
	Loader map[string]string `toml:"loader"`
	// How to compile JSX. tsconfig.json decides by default.
	JSX string `toml:"jsx" enum:"transform,automatic,preserve"`
	// Oldest JavaScript to write, such as es2022 or safari16.
	Target string `toml:"target"`
	// Imports to leave as they are.
	External []string `toml:"external"`
	// Import paths, and what to import instead.
	Alias map[string]string `toml:"alias"`
	// Replace changed modules in open pages, which keep their state: components of
	// React, and modules that call import.meta.hot.accept.
	Hot bool `toml:"hot"`
	// Beginnings of the names of environment variables that pages may see, as
	// import.meta.env. VITE_ by default.
	EnvPrefix []string `toml:"env_prefix"`
	// Check types in the background, by vue-tsc, svelte-check or tsc. Assumed when
	// one of them is installed.
	TSC *bool `toml:"tsc"`

	// Dir is the directory the web side was found in; empty when entry points
	// were written, or nothing was found.
	Dir string `toml:"-"`
	// Page is the page that the app embeds with the bundles, and may fill in;
	// empty without write_dir, or without such a page.
	Page string `toml:"-"`
	// Base is the URL prefix of all that the front end has, as Vite's base. It begins
	// and ends with a slash.
	Base string `toml:"-"`
	// Rewrites are aliases that patterns tell.
	Rewrites []Rewrite `toml:"-"`
	// EnvDir is where the env files of the front end are, if not in its directory.
	EnvDir string `toml:"-"`
	// NoFallback leaves documents of unknown paths to the app: the front end is no
	// single-page application.
	NoFallback bool `toml:"-"`
}

// Overlay is what devtool shows in the page.
type Overlay struct {
	// Show build errors and crashes over the page.
	Enabled bool `toml:"enabled"`
	// Editor that opens when you click on a file: a name, or a URL template with
	// {file}, {line} and {column}. Detected by default.
	Editor string `toml:"editor"`
	// Show a dot while a build runs.
	Indicator bool `toml:"indicator"`
	// Show uncaught errors of the page's own scripts.
	RuntimeErrors bool `toml:"runtime_errors"`
}

// Rule says what happens when a file changes that no build reads. The first
// rule that matches a path decides; the built-in rules come last.
type Rule struct {
	// Globs relative to the project root. One without a slash matches at any
	// depth; one that begins with ! excludes paths again.
	Paths []string `toml:"paths"`
	// What happens after a change.
	Action string `toml:"action" enum:"reload,swap,restart,build,ignore"`
}

// Generate is a command that writes source files. All of them run before the
// build, in the order they are written, when inputs changed or outputs are
// missing.
type Generate struct {
	// Name in the terminal. The command's own when not written.
	Name string `toml:"name"`
	// Command: an array of arguments, or a string split as a shell would split
	// it. It is not given to a shell. What templ generates is built only where
	// more than text changed: see how-it-works.md.
	Run Command `toml:"run"`
	// Globs of the files it reads, relative to the project root.
	Inputs []string `toml:"inputs"`
	// Files and directories it writes. Found out by watching it when not
	// written; it then runs alone.
	Outputs []string `toml:"outputs"`
	// The command keeps running and watches its inputs itself. It is started with
	// devtool, again when it dies, and the first build waits for its outputs.
	Watch bool `toml:"watch"`
}
