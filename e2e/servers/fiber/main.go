package main

import (
	"log"

	"github.com/gofiber/fiber/v2"
)

func main() {
	app := fiber.New()
	app.All("/", func(c *fiber.Ctx) error { return c.SendString(version) })
	log.Fatal(app.Listen(":3000"))
}
