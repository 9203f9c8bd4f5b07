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
	// Public port. 0 takes any free one. When it is not written, PORT from the
	// environment or an env file counts, too.
	Port int `toml:"port"`
	// Fail when the port is taken instead of moving on to the next free one.
	// Assumed when somebody chose the port.
	StrictPort bool `toml:"strict_port"`
	// Open the browser once the app is ready: true, or the path to open.
	Open Open `toml:"open"`
	// Whether requests pass through devtool, or the app is given the public
	// socket itself.
	Mode string `toml:"mode" enum:"proxy,direct"`
	// Host names, beside localhost and IP addresses, under which the server may
	// be asked. Names only, without scheme or port.
	AllowedHosts []string `toml:"allowed_hosts"`
	// Serve HTTPS, with cert and key, else with a certificate made for this
	// machine. Assumed when cert is written.
	HTTPS bool `toml:"https"`
	// Certificate file in PEM form, with key.
	Cert string `toml:"cert"`
	// Private key file in PEM form, with cert.
	Key string `toml:"key"`
}

// Go is how the app is built; nothing here is given to the running app.
type Go struct {
	// Main package to build: a path such as ./cmd/api, or an import path.
	// Found by itself when there is an obvious one.
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
	// Further flags of go build. Those that show progress (-v, -x) do nothing.
	GOFlags Command `toml:"goflags"`
	// Build command of your own (make, mage), instead of go build; with output.
	Command Command `toml:"command"`
	// Binary that command writes.
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
	// line that is not NAME=value is skipped with a remark.
	EnvFiles []string `toml:"env_files"`
	// Working directory of the app. The project root when not written, or
	// the directory of the module where the root is in none.
	Cwd string `toml:"cwd"`
	// Connect the app's standard input to the terminal.
	Stdin bool `toml:"stdin"`
	// Run the app on a terminal of its own, into which you type: for apps that
	// behave differently on one, or ask. Unix only.
	Pty bool `toml:"pty"`
	// Pass a listening socket (LISTEN_FDS) to the app. Found out from the app's
	// code when not written.
	Socket *bool `toml:"socket"`
	// What tells that the app is ready: a path that answers 2xx or 3xx, tcp, or
	// started. Found out when not written.
	Ready string `toml:"ready"`
	// How long the app may take to become ready.
	ReadyTimeout Duration `toml:"ready_timeout"`
	// Whether the old app stops before the new one starts, or after it is ready.
	Restart string `toml:"restart" enum:"replace,overlap"`
	// Start the last good binary again when a new one does not become ready.
	Rollback bool `toml:"rollback"`
	// How long the app may take to obey SIGTERM before it is killed.
	StopTimeout Duration `toml:"stop_timeout"`
	// How long requests in flight may take before the app is stopped.
	DrainTimeout Duration `toml:"drain_timeout"`
	// Command that fills the app with data, run by --seed once it is ready.
	Seed Command `toml:"seed"`
}

// Web is the TypeScript and CSS side, bundled in memory.
type Web struct {
	// Scripts and style sheets to bundle. Found by itself when not written; an
	// empty list switches bundling off.
	EntryPoints []string `toml:"entry_points"`
	// Page served for documents that the app answers with 404, for client-side
	// routes.
	HTML string `toml:"html"`
	// URL prefix of the bundles. Begins and ends with a slash.
	PublicPath string `toml:"public_path"`
	// Directory whose files are served as they are, from the root URL.
	PublicDir string `toml:"public_dir"`
	// URL prefixes and the directories served under them, from disk, even if
	// the app embeds them.
	Mounts map[string]string `toml:"mounts"`
	// Directory the bundles are written to as well, for apps that embed them.
	// The page goes there, too, or above where the directory ends like
	// public_path (dist/assets). Found by itself in Vite projects.
	// Files of yours that stand in the way are put back at the end.
	WriteDir string `toml:"write_dir"`
	// Global names and the expressions that replace them.
	Define map[string]string `toml:"define"`
	// File extensions and how their content is loaded (file, dataurl, text…).
	Loader map[string]string `toml:"loader"`
	// How JSX is compiled. tsconfig.json decides when not written.
	JSX string `toml:"jsx" enum:"transform,automatic,preserve"`
	// Oldest JavaScript to write, such as es2022 or safari16.
	Target string `toml:"target"`
	// Imports left as they are.
	External []string `toml:"external"`
	// Import paths and what is imported in their stead.
	Alias map[string]string `toml:"alias"`
	// Check types in the background, by vue-tsc, svelte-check or tsc. Assumed when
	// one of them is installed.
	TSC *bool `toml:"tsc"`

	// Dir is the directory the web side was found in; empty when entry points
	// were written, or nothing was found.
	Dir string `toml:"-"`
	// Page is the page that the app embeds with the bundles, and may fill in;
	// empty without write_dir, or without such a page.
	Page string `toml:"-"`
}

// Overlay is what devtool shows in the page.
type Overlay struct {
	// Show build errors and crashes over the page.
	Enabled bool `toml:"enabled"`
	// Editor that a click on a file opens: a name, or a URL template with
	// {file}, {line} and {column}. Found out when not written.
	Editor string `toml:"editor"`
	// Show a dot while a build runs.
	Indicator bool `toml:"indicator"`
	// Show uncaught errors of the page's own scripts.
	RuntimeErrors bool `toml:"runtime_errors"`
}

// Rule says what a change of files that no build reads shall cause. The first
// rule that matches a path decides; the built-in rules come last.
type Rule struct {
	// Globs relative to the project root. One without a slash matches at any
	// depth, one that begins with ! takes paths out again.
	Paths []string `toml:"paths"`
	// What a change causes.
	Action string `toml:"action" enum:"reload,swap,restart,build,ignore"`
}

// Generate is a command that writes source files. All of them run before the
// build, in the order they are written, when inputs changed or outputs are
// missing.
type Generate struct {
	// Name in the terminal. The command's own when not written.
	Name string `toml:"name"`
	// Command: an array of arguments, or a string split as a shell would split
	// it. It is not given to a shell.
	Run Command `toml:"run"`
	// Globs of the files it reads, relative to the project root.
	Inputs []string `toml:"inputs"`
	// Files and directories it writes. Found out by watching it when not
	// written; it then runs alone.
	Outputs []string `toml:"outputs"`
}
