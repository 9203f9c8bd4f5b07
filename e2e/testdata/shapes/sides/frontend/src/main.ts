const answer = await fetch("/api/greeting");
document.querySelector("main")!.textContent = await answer.text();
