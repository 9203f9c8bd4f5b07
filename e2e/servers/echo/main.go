package main

import (
	"io"
	"net/http"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

func main() {
	e := echo.New()
	e.Use(middleware.Logger(), middleware.Recover())
	e.Any("/", func(c echo.Context) error {
		_, _ = io.Copy(io.Discard, c.Request().Body)
		return c.String(http.StatusOK, version)
	})
	e.Logger.Fatal(e.Start(":1323"))
}
