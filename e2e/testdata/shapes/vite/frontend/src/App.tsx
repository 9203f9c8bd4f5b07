import { useEffect, useState } from 'react'

export default function App() {
  const [todos, setTodos] = useState<string[]>([])
  useEffect(() => {
    fetch('/api/todos').then((r) => r.json()).then(setTodos)
  }, [])
  return (
    <main>
      <h1>Todo</h1>
      <p>{location.pathname}</p>
      <ul>{todos.map((todo) => <li key={todo}>{todo}</li>)}</ul>
    </main>
  )
}
