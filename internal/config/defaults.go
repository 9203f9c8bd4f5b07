package config

import "time"

// DefaultPort is the public port when nobody chose one.
const DefaultPort = 3000

// Default returns the settings that apply when nothing is written.
func Default() *Config {
	return &Config{
		Server: Server{Host: "localhost", Port: DefaultPort, Mode: "proxy"},
		Go:     Go{Fast: true},
		App: App{
			EnvFiles:     []string{".env", ".env.local", ".env.development", ".env.development.local"},
			ReadyTimeout: Duration(20 * time.Second),
			Restart:      "replace",
			Rollback:     true,
			StopTimeout:  Duration(3 * time.Second),
			DrainTimeout: Duration(2 * time.Second),
		},
		Web:     Web{PublicPath: "/assets/", Hot: true},
		Overlay: Overlay{Enabled: true, Indicator: true, RuntimeErrors: true},
		origins: map[string]Origin{},
	}
}
