import axios from 'axios';
import express from 'express';
import '../server-probe';

/*
 * The plain server: Express and axios with their defaults, as most people would write it first.
 */

const topics = new Map<string, string[]>();
const app = express();
app.use(express.json({ limit: '1mb' }));

app.post('/subscribe/:topic', (req, res) => {
  const { url } = req.body as { url: string };
  topics.set(req.params.topic, [...(topics.get(req.params.topic) ?? []), url]);
  res.status(201).json({ message: 'Subscribed' });
});

app.post('/publish/:topic', async (req, res) => {
  const { topic } = req.params;
  const message = {
    id: crypto.randomUUID(),
    topic,
    timestamp: new Date().toISOString(),
    data: req.body as unknown,
  };
  const results = await Promise.all(
    (topics.get(topic) ?? []).map((url) =>
      axios.post(url, message).then(
        ({ status }) => ({ url, status }),
        (error: unknown) => ({ url, error: String(error) }),
      ),
    ),
  );
  res.json({ id: message.id, results });
});

app.get('/healthz', (_req, res) => {
  res.json({ status: 'ok' });
});

app.listen(Number(process.env.PORT), '127.0.0.1');
